package nats

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// Declare makes the consumer of a receiver key. The error is a
// *transport.SubscriptionError or the client's.
func (t *Transport) Declare(ctx context.Context, s transport.Subscription) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	if s.Key == "" {
		return &transport.SubscriptionError{Subscription: s, Problem: "a temporary receiver can't be declared: give it a key"}
	}
	_, err = t.consumer(ctx, s)
	return err
}

// consumer makes or finds the consumer of a receiver.
func (t *Transport) consumer(ctx context.Context, s transport.Subscription) (jetstream.Consumer, error) {
	config := jetstream.ConsumerConfig{
		FilterSubject: t.eventSubject(s.Event),
		DeliverPolicy: jetstream.DeliverNewPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       t.settings.ackWait,
		MaxDeliver:    -1, // attempts are counted here, so that the last one becomes a dead letter
		MaxAckPending: -1,
	}
	if s.Key == "" {
		config.InactiveThreshold = max(temporaryThreshold, t.settings.ackWait)
	} else {
		config.Durable = consumerName(s.Event, s.Key)
	}
	c, err := t.js.CreateOrUpdateConsumer(ctx, t.eventStream(), config)
	return c, told(err, "making the consumer of event "+s.Event)
}

// temporaryThreshold is after what time the server forgets a temporary receiver
// that has died; later where it hears less often of messages that are being
// handled, which is three times each AckWait.
const temporaryThreshold = 30 * time.Second

// Subscribe has a handler receive messages until the context ends. It stays
// through the loss of the connection, and makes its consumer anew where somebody
// has deleted it. The error is a *transport.SubscriptionError or the client's,
// where the consumer can't be made at first.
func (t *Transport) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	c, err := t.consumer(ctx, s)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	r := newReceiving(t, s, h)
	defer r.keep()()
	defer r.end()
	if s.Key == "" {
		defer func() { r.end(); t.forget(c) }()
	}
	for attempt := 1; ctx.Err() == nil; attempt++ {
		if r.consume(ctx, c.CachedInfo().Name) {
			attempt = 1
		}
		if !pause(ctx, transport.Backoff(attempt)) {
			break
		}
		if again, err := t.consumer(ctx, s); err == nil {
			c = again
		}
	}
	return nil
}

// forget deletes the consumer of a temporary receiver.
func (t *Transport) forget(c jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	_ = t.js.DeleteConsumer(ctx, t.eventStream(), c.CachedInfo().Name) // else the server does
}

// pause waits; false once the context has ended.
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

// consume takes messages until the context ends or the consumer fails. It says
// whether any came.
func (r *receiving) consume(ctx context.Context, consumer string) (any bool) {
	connected := r.transport.conn.StatusChanged(nats.CONNECTED)
	defer r.transport.conn.RemoveStatusListener(connected)
	for {
		came, reason := r.pull(ctx, consumer, connected)
		if any = any || came; reason != reconnected {
			return any
		}
	}
}
