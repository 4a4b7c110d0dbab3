package natsevents

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// Declare creates the consumer of a receiver key. It does nothing if the consumer
// exists, so the [AckWait] of a receiving process is not changed. The error is a
// *transport.SubscriptionError, also if the consumer belongs to another receiver, or the
// client's.
func (t *Transport) Declare(ctx context.Context, s transport.Subscription) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	if s.Key == "" {
		return &transport.SubscriptionError{Subscription: s, Problem: "a temporary receiver can't be declared: give it a key"}
	}
	if err := t.await(ctx); err != nil {
		return annotated(err, "declaring the receiver "+s.Key+" of event "+s.Event)
	}
	return t.declareAndLog(ctx, s, consumerName(s.Event, s.Key))
}

// lookFor returns the consumer of a receiver. It is an error if the consumer belongs to
// another receiver. If there is no consumer, the error is a jetstream.ErrConsumerNotFound.
func (t *Transport) lookFor(ctx context.Context, s transport.Subscription, name string) (*jetstream.ConsumerInfo, error) {
	consumer, err := t.consumer(ctx, name)
	if err != nil {
		return nil, annotated(err, "looking for the consumer of event "+s.Event)
	}
	info := consumer.CachedInfo()
	return info, t.ownerProblem(s, info.Config)
}

// ensureConsumer creates or updates the consumer of a receiver. It leaves the consumer of
// another receiver as it is. had is whether the receiver had a consumer before.
func (t *Transport) ensureConsumer(ctx context.Context, s transport.Subscription, name string, had bool) error {
	if s.Key == "" && !had { // the name of a temporary receiver is random
		return t.createOrUpdate(ctx, s, name)
	}
	_, err := t.lookFor(ctx, s, name)
	switch {
	case err == nil:
	case !errors.Is(err, jetstream.ErrConsumerNotFound):
		return err
	case had:
		t.settings.awaitRemoval(ctx)
	}
	return t.createOrUpdate(ctx, s, name)
}

func (t *Transport) createOrUpdate(ctx context.Context, s transport.Subscription, name string) error {
	config := jetstream.ConsumerConfig{
		Description:   description(s),
		FilterSubject: t.eventSubject(s.Event),
		DeliverPolicy: jetstream.DeliverNewPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       t.settings.ackWait,
		MaxDeliver:    -1, // the receiver counts attempts and makes a dead letter after the last one
		MaxAckPending: -1,
	}
	if s.Key == "" {
		config.Name, config.InactiveThreshold = name, max(temporaryThreshold, t.settings.ackWait)
	} else {
		config.Durable = name
	}
	return annotated(t.createConsumer(ctx, name, config), "making the consumer of event "+s.Event)
}

// temporaryThreshold is how long the server keeps the consumer of a temporary receiver
// that has died. The server keeps it for AckWait if that is longer: it hears of messages
// in progress only three times in each AckWait.
const temporaryThreshold = 30 * time.Second

// Subscribe calls the handler for each message until ctx ends. It waits for the connection,
// and returns nil if ctx ends before there is one. It continues after the connection is
// lost. If its consumer was deleted, or the server has lost its streams, Subscribe makes
// them again and logs that. If the server denies this user to create a stream, Subscribe
// waits until another process has created it.
//
// The error is a *transport.SubscriptionError, also if the consumer belongs to another
// receiver. It is the client's error if the consumer can't be created at the start, or if
// Close closes the connection. If the server denies a subject that the subscription needs,
// the error wraps nats.ErrPermissionViolation.
func (t *Transport) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	if err := t.link.await(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return annotated(err, "receiving event "+s.Event)
	}
	name := consumerName(s.Event, cmp.Or(s.Key, rand.Text())) // each temporary receiver has its own consumer
	if err := t.begin(ctx, s, name, t.knows(s)); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer t.denials.watch(func(subject string) bool { return t.isNeeded(subject, s, name) }, cancel)()
	r := newReceiving(ctx, t, s, h)
	defer r.keep()()
	defer r.end()
	if s.Key == "" {
		defer func() { r.end(); t.forget(name) }()
	}
	for attempt := 0; ctx.Err() == nil; attempt++ {
		if attempt > 1 && !pause(ctx, transport.Backoff(attempt-1)) {
			break
		}
		if attempt > 0 { // the first time at once: events may be on their way to a consumer that is gone
			err = t.resume(ctx, s, name)
		}
		switch {
		case err == nil:
			if r.consume(ctx, name) {
				attempt = 0
			}
		case isFinal(err) && !isStreamLost(err): // otherwise, another process may be permitted to create the stream
			return err
		}
		if t.conn.IsClosed() && ctx.Err() == nil {
			return t.closed(s.Event)
		}
	}
	return annotated(deniedCause(ctx), "receiving event "+s.Event)
}

// isFinal reports whether an error remains until somebody has changed something.
func isFinal(err error) bool {
	var subscription *transport.SubscriptionError
	var conflict *conflictError
	return isDenied(err) || errors.As(err, &subscription) || errors.As(err, &conflict)
}

// isNeeded reports whether a subscription publishes to a subject.
func (t *Transport) isNeeded(subject string, s transport.Subscription, consumer string) bool {
	return subject == nextSubject(t.eventStream(), consumer) || subject == t.deadSubject(s.Event, s.Key) ||
		isAcknowledgement(subject, t.eventStream(), consumer)
}

// begin creates or updates the consumer of a subscription. had is whether the receiver had
// a consumer before.
func (t *Transport) begin(ctx context.Context, s transport.Subscription, name string, had bool) error {
	err := t.withStreams(ctx, func() error { return t.ensureConsumer(ctx, s, name, had) })
	if err != nil || s.Key == "" {
		return err
	}
	return t.declareAndLog(ctx, s, name)
}

// resume creates the consumer of a subscription again if it is missing.
func (t *Transport) resume(ctx context.Context, s transport.Subscription, name string) error {
	if s.Key == "" {
		return t.begin(ctx, s, name, true)
	}
	return t.restored(ctx, name)
}

// closed returns the error of a subscription whose connection will not come back, for
// example after Close or if [Client] limits the attempts to reconnect.
func (t *Transport) closed(event string) error {
	return fmt.Errorf("receiving event %s: the connection is closed for good: open the transport again: %w",
		event, cmp.Or(t.conn.LastError(), nats.ErrConnectionClosed))
}

// forget deletes the consumer of a temporary receiver.
func (t *Transport) forget(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	_ = t.deleteConsumer(ctx, name) // if that fails, the server deletes it later
}

// pause waits. It returns false if the context ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// consume receives messages until the context ends or the consumer fails. After a new
// connection, it asks whether the server still has the consumer: it may have lost its
// store. consume reports whether any message arrived.
func (r *receiving) consume(ctx context.Context, consumer string) (any bool) {
	changed := r.transport.conn.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer r.transport.conn.RemoveStatusListener(changed)
	for {
		came, reason := r.pull(ctx, consumer, changed)
		if any = any || came; reason != reconnected {
			return any
		}
		if r.transport.resume(ctx, r.subscription, consumer) != nil {
			return any
		}
	}
}
