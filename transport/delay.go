package transport

import (
	"context"
	"fmt"
	"time"
)

// Delayer is a [Transport] that may delay messages. [CheckDelay] refuses a delay for any
// other one.
type Delayer interface {
	// CanDelay reports whether Publish applies the delay of its context: see [DelayOf]. It
	// is false, for example, if a wrapper's inner transport can't delay.
	CanDelay() bool
}

// WithDelay returns a context with which events are published after a delay. It counts
// from Publish, or from the commit of a transaction if the transport joins one. A delay
// that is not positive is none. It replaces an earlier delay of the context.
//
//	err := placed.Emit(transport.WithDelay(ctx, 24*time.Hour), &Reminder{Order: id})
//
// The delay applies to everything that is published with the context, or with one that is
// derived from it. Listeners in the process run at once, and what they publish with their
// context is delayed, too. They avoid that with WithDelay(ctx, 0). The context of an
// asynchronous listener or a [Receiver] has no delay.
//
// The transports [Local] and package sqlevents can delay. Any other one returns an error:
// see [CheckDelay].
func WithDelay(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, delayKey{}, delay{after: max(d, 0)})
}

// At is like [WithDelay], but events are published at a time or later. If the time has
// passed, they are published at once. The zero time is no delay. The clock is the
// transport's: for package sqlevents, that of the database.
func At(ctx context.Context, t time.Time) context.Context {
	return context.WithValue(ctx, delayKey{}, delay{until: t})
}

// DelayOf is for transports. It returns the delay of a context: a duration from now or a
// time, of which at most one is not zero. If both are zero, there is no delay.
func DelayOf(ctx context.Context) (time.Duration, time.Time) {
	d, _ := ctx.Value(delayKey{}).(delay)
	return d.after, d.until
}

// CheckDelay is for transports that can't delay, and for code that publishes to a transport
// of any kind. It returns a *MessageError if the context has a delay and t is no
// [Delayer] that can delay. [Publisher] calls it.
func CheckDelay(ctx context.Context, t Transport, m Message) error {
	if !isDelayed(ctx) {
		return nil
	}
	if d, ok := t.(Delayer); ok && d.CanDelay() {
		return nil
	}
	return &MessageError{ID: m.ID, Event: m.Event, Problem: fmt.Sprintf("its context has a delay, and %T can't delay: "+
		"publish through package sqlevents, or without transport.WithDelay and transport.At", t)}
}

func isDelayed(ctx context.Context) bool {
	after, until := DelayOf(ctx)
	return after != 0 || !until.IsZero()
}

type delayKey struct{}

type delay struct {
	after time.Duration
	until time.Time
}

// dueTime returns when a message with a context's delay is due. It is zero if there is none.
func dueTime(ctx context.Context, now time.Time) time.Time {
	after, until := DelayOf(ctx)
	if after > 0 {
		return now.Add(after)
	}
	return until
}
