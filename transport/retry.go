package transport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// verdict returns the verdict for the error of a receiver's function.
func (s Subscription) verdict(err error, attempt int) Verdict {
	if err == nil {
		return Ack()
	}
	if dead := (*dead)(nil); errors.As(err, &dead) {
		return Reject(err.Error())
	}
	if refusal := (*refusal)(nil); errors.As(err, &refusal) {
		return Retry(refusal.after, err.Error())
	}
	return s.again(attempt, err.Error())
}

// again returns the verdict after a failed attempt, by the policy of the subscription. If
// the policy panics, again uses the default.
func (s Subscription) again(attempt int, reason string) (v Verdict) {
	if s.Retry == nil {
		return Retry(backoffWithJitter(attempt), reason)
	}
	defer func() {
		if value := recover(); value != nil {
			v = Retry(backoffWithJitter(attempt), fmt.Sprintf("%s (and the function Retry of the subscription panicked: %v)", reason, value))
		}
	}()
	return Retry(s.Retry(attempt), reason)
}

// Backoff returns how long a message waits after a failed attempt: a second after
// the first one, twice as long after each further one, a minute at most.
func Backoff(attempt int) time.Duration {
	return min(time.Second<<min(max(attempt, 1)-1, 6), time.Minute)
}

// backoffWithJitter returns a random time between half of Backoff and all of it.
func backoffWithJitter(attempt int) time.Duration {
	full := Backoff(attempt)
	return full - rand.N(full/2+1)
}
