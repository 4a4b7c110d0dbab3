package transport

import (
	"context"
	"fmt"
	"time"
)

// Verdict is what a handler decides about a message. The zero Verdict is Ack.
type Verdict struct {
	kind    verdictKind
	after   time.Duration
	reason  string
	decided bool // set by Decide
}

type verdictKind int8

const (
	acked verdictKind = iota
	retried
	rejected
)

// Ack says that the message is done.
func Ack() Verdict { return Verdict{} }

// Retry returns the verdict that the message is redelivered, after at least this time.
// If this was the last attempt, the message becomes a dead letter with the reason
// instead. If the time is not positive, the message is redelivered at once.
func Retry(after time.Duration, reason string) Verdict {
	return Verdict{kind: retried, after: max(0, after), reason: reason}
}

// Reject makes the message a dead letter at once.
func Reject(reason string) Verdict { return Verdict{kind: rejected, reason: reason} }

// IsAck reports whether the message is done.
func (v Verdict) IsAck() bool { return v.kind == acked }

// Retry reports whether the message is to be redelivered, and after how long at least.
func (v Verdict) Retry() (after time.Duration, yes bool) { return v.after, v.kind == retried }

// Rejected reports whether the message is to become a dead letter, and why. The reason
// is also that of a Retry, even though yes is false.
func (v Verdict) Rejected() (reason string, yes bool) { return v.reason, v.kind == rejected }

// String returns the verdict as text.
func (v Verdict) String() string {
	switch v.kind {
	case retried:
		return fmt.Sprintf("retry after %v: %s", v.after, v.reason)
	case rejected:
		return "reject: " + v.reason
	}
	return "ack"
}

// Decide is for transports. It calls the handler and returns its verdict. If the
// handler panicked, Decide returns a Retry. If a Retry would exceed s.MaxAttempts,
// Decide returns a Reject. The handler's context keeps the values of ctx but does not
// end with it. It ends after s.Timeout. If the handler itself calls Decide and returns its verdict, that verdict
// is final.
func Decide(ctx context.Context, s Subscription, h Handler, d Delivery) (v Verdict) {
	if ctx.Done() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	if s.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, s.Timeout)
		defer cancel()
		ctx = limited
	}
	if v = called(ctx, s, h, d); v.decided {
		return v
	}
	v.decided = true
	if limit := s.withDefaults().MaxAttempts; v.kind == retried && d.Attempt >= limit {
		v.kind, v.reason = rejected, fmt.Sprintf("given up after %d attempts: %s", d.Attempt, v.reason)
	}
	return v
}

func called(ctx context.Context, s Subscription, h Handler, d Delivery) (v Verdict) {
	defer func() {
		if value := recover(); value != nil {
			v = s.again(d.Attempt, fmt.Sprintf("the handler panicked: %v", value))
		}
	}()
	return h(ctx, d)
}
