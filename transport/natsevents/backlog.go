package natsevents

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// Backlog implements [transport.BacklogReporter], with at most five requests to the
// server.
//
// The server knows which messages are not acknowledged, but not whether a handler has them.
// A message that was redelivered counts as Retrying until it is done, even while a handler
// has it. A message that waits for its first redelivery counts as InFlight. Waiting
// includes messages that were published for another key of the event.
//
// The error is a *transport.SubscriptionError, also for a temporary receiver, a
// *transport.UnroutableError if the key has no consumer, the client's or the context's.
func (t *Transport) Backlog(ctx context.Context, event, key string) (transport.Backlog, error) {
	s, err := transport.Subscription{Event: event, Key: key}.Check()
	switch {
	case err != nil:
		return transport.Backlog{}, err
	case key == "":
		return transport.Backlog{}, &transport.SubscriptionError{Subscription: s, Problem: "a temporary receiver has no backlog: name a key"}
	}
	if err := t.await(ctx); err != nil {
		return transport.Backlog{}, annotated(err, "counting the backlog of event "+event)
	}
	consumer, err := t.consumer(ctx, consumerName(event, key))
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return transport.Backlog{}, &transport.UnroutableError{Event: event, Key: key}
	}
	if err != nil {
		return transport.Backlog{}, annotated(err, "counting the backlog of event "+event)
	}
	info := consumer.CachedInfo()
	if err := t.ownerProblem(s, info.Config); err != nil {
		return transport.Backlog{}, err
	}
	b, err := t.backlog(ctx, s, info)
	return b, annotated(err, "counting the backlog of event "+event)
}

func (t *Transport) backlog(ctx context.Context, s transport.Subscription, c *jetstream.ConsumerInfo) (b transport.Backlog, err error) {
	b.Waiting = int(c.NumPending)
	b.Retrying = min(c.NumRedelivered, c.NumAckPending)
	b.InFlight = c.NumAckPending - b.Retrying
	if b.Dead, err = t.countMessages(ctx, t.deadStream(), t.deadSubject(s.Event, s.Key)); err != nil {
		return b, err
	}
	if c.NumPending > 0 || c.NumAckPending > 0 {
		b.Oldest, err = t.oldest(ctx, s, c.AckFloor.Stream+1)
	}
	return b, err
}

// oldest returns the age of the first message of an event from a number on, or 0 if there
// is none.
func (t *Transport) oldest(ctx context.Context, s transport.Subscription, from uint64) (time.Duration, error) {
	stream, err := t.stream(ctx, t.eventStream())
	if err != nil {
		return 0, err
	}
	raw, err := t.firstMessage(ctx, stream, from, t.eventSubject(s.Event))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound): // it was acknowledged meanwhile
		return 0, nil
	case err != nil:
		return 0, err
	}
	return max(time.Since(raw.Time), 0), nil
}
