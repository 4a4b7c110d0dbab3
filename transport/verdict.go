package transport

import (
	"context"
	"fmt"
	"time"
)

// Verdict is what a handler says of a message. The zero Verdict is Ack.
type Verdict struct {
	kind    verdictKind
	after   time.Duration
	reason  string
	decided bool // by Decide
}

type verdictKind int8

const (
	acked verdictKind = iota
	retried
	rejected
)

// Ack says that the message is done.
func Ack() Verdict { return Verdict{} }

// Retry asks for the message again, after some time at the earliest. The reason
// is told where it was the last attempt.
func Retry(after time.Duration, reason string) Verdict {
	return Verdict{kind: retried, after: max(0, after), reason: reason}
}

// Reject makes the message a dead letter at once.
func Reject(reason string) Verdict { return Verdict{kind: rejected, reason: reason} }

// IsAck says whether the message is done.
func (v Verdict) IsAck() bool { return v.kind == acked }

// Retry says whether the message is to come again, and after what time.
func (v Verdict) Retry() (after time.Duration, yes bool) { return v.after, v.kind == retried }

// Rejected says whether the message is to become a dead letter, and why. Of a
// Retry, it gives the reason all the same.
func (v Verdict) Rejected() (reason string, yes bool) { return v.reason, v.kind == rejected }

// String tells the verdict.
func (v Verdict) String() string {
	switch v.kind {
	case retried:
		return fmt.Sprintf("retry after %v: %s", v.after, v.reason)
	case rejected:
		return "reject: " + v.reason
	}
	return "ack"
}

// Decide is for transports: it calls the handler and gives its verdict, a Retry
// where it panicked, and a Reject where a Retry would be an attempt too many.
// The handler's context does not end with ctx. A handler that returns what Decide has
// returned has decided already.
func Decide(ctx context.Context, s Subscription, h Handler, d Delivery) (v Verdict) {
	if ctx.Done() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	if v = called(ctx, h, d); v.decided {
		return v
	}
	v.decided = true
	if limit := s.withDefaults().MaxAttempts; v.kind == retried && d.Attempt >= limit {
		v.kind, v.reason = rejected, fmt.Sprintf("given up after %d attempts: %s", d.Attempt, v.reason)
	}
	return v
}

func called(ctx context.Context, h Handler, d Delivery) (v Verdict) {
	defer func() {
		if value := recover(); value != nil {
			v = Retry(Backoff(d.Attempt), fmt.Sprintf("the handler panicked: %v", value))
		}
	}()
	return h(ctx, d)
}

// Backoff is how long a message waits that could not be handled: a second after
// the first attempt, doubled with each further one, a minute at most.
func Backoff(attempt int) time.Duration {
	return min(time.Second<<min(max(attempt, 1)-1, 6), time.Minute)
}
