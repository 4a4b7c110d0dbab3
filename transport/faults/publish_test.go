package faults_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// order is the subscription of all receivers. A crash counts as an attempt, and
// none must become a dead letter.
var order = transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 4, MaxAttempts: 1000}

const (
	attemptTimeout = 250 * time.Millisecond // for one try to publish
	betweenTries   = 10 * time.Millisecond
	betweenEvents  = 5 * time.Millisecond // so that a long test has not too many
)

func event(id string) transport.Message {
	return transport.Message{ID: id, Event: order.Event, ContentType: "text/plain", Body: []byte(id)}
}

// publisher is the half of a transport that publishes.
type publisher interface {
	Publish(context.Context, transport.Message) error
}

// publish tries until the event is confirmed, as who must not lose it would: each
// time by the same ID.
func publish(ctx context.Context, x publisher, r *record, id string) (isConfirmed bool) {
	r.note(sent, id)
	for ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, attemptTimeout)
		err := x.Publish(try, event(id))
		cancel()
		if err == nil {
			r.note(confirmed, id)
			return true
		}
		pause(ctx, betweenTries)
	}
	return false
}

// stream publishes events until its context ends.
func stream(ctx context.Context, x publisher, r *record, name string) {
	for i := 0; ctx.Err() == nil; i++ {
		publish(ctx, x, r, fmt.Sprint(name, "-", i))
		pause(ctx, betweenEvents)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// noting is a handler that does nothing but note the event.
func noting(r *record) transport.Handler {
	return func(_ context.Context, d transport.Delivery) transport.Verdict {
		r.note(handled, d.ID)
		return transport.Ack()
	}
}
