package watermillevents

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// Subscriber delivers the messages of a transport as Watermill messages. Make it with
// [NewSubscriber]. It may be used concurrently.
type Subscriber struct {
	transport transport.Transport
	wanted    transport.Subscription
	settings  subscriberSettings

	life    context.Context // ends with Close
	end     context.CancelFunc
	mu      sync.Mutex // guards the end of life and the start of a subscription
	running sync.WaitGroup
}

var (
	_ message.Subscriber           = (*Subscriber)(nil)
	_ message.SubscribeInitializer = (*Subscriber)(nil)
)

// NewSubscriber returns a subscriber that receives from t. The subscription has the
// receiver key, which others call a consumer group, and the limits. Its event is
// ignored: the topic is the event. Subscribers of one key share messages. At most
// MaxInFlight messages of a subscription are unsettled at a time.
func NewSubscriber(t transport.Transport, s transport.Subscription, options ...SubscriberOption) *Subscriber {
	life, end := context.WithCancel(context.Background())
	return &Subscriber{transport: t, wanted: s, settings: newSubscriberSettings(options), life: life, end: end}
}

// SubscribeInitialize declares the receiver, so that messages are kept for a later
// Subscribe. The error is [ErrClosed], that of the transport's Declare, or one that
// reports that the transport is not a transport.Declarer.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	d, ok := s.transport.(transport.Declarer)
	switch {
	case s.life.Err() != nil:
		return ErrClosed
	case !ok:
		return fmt.Errorf("%T can't keep messages before a subscription: it is not a transport.Declarer", s.transport)
	}
	return d.Declare(s.life, s.subscription(topic))
}

func (s *Subscriber) subscription(topic string) transport.Subscription {
	of := s.wanted
	of.Event = topic
	return of
}

// Subscribe returns a channel of messages, which is closed when ctx ends or Close is
// called. If there is a key and the transport is a transport.Declarer, messages are
// kept once Subscribe has returned. Otherwise they are kept from a moment later.
//
// A message's context has the values of ctx. It ends with ctx, with Close, or when the
// message is settled. A message that was handed out may still be settled in the 5
// seconds after the end of the subscription. Then it is redelivered. It counts as
// attempted, and so does a message that was about to be handed out.
//
// The error is [ErrClosed], a *transport.SubscriptionError or that of the
// transport's Declare.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	of, err := s.subscription(topic).Check()
	if err != nil {
		return nil, err
	}
	if d, ok := s.transport.(transport.Declarer); ok && of.Key != "" {
		if err := d.Declare(ctx, of); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		return nil, ErrClosed
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.life, cancel)
	out := &output{settings: s.settings, messages: make(chan *message.Message), subscription: ctx}
	s.running.Go(func() {
		defer close(out.messages)
		defer cancel()
		defer stop()
		s.receive(ctx, of, out.handle)
	})
	return out.messages, nil
}

// receive subscribes until the context ends. If a subscription fails, it subscribes again
// after a delay. The delay grows with each failure, until a subscription has lasted for a
// minute.
func (s *Subscriber) receive(ctx context.Context, of transport.Subscription, h transport.Handler) {
	for attempt := 1; ; attempt++ {
		begun := time.Now()
		err := s.transport.Subscribe(ctx, of, h)
		if ctx.Err() != nil {
			return
		}
		s.settings.logger.Error("the subscription ended: beginning it again", err, watermill.LogFields{"topic": of.Event, "key": of.Key})
		if time.Since(begun) > time.Minute {
			attempt = 1
		}
		if !pause(ctx, transport.Backoff(attempt)) {
			return
		}
	}
}

// Close ends all subscriptions and waits until their channels are closed. It
// leaves the transport open. It may be called again. The error is nil.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.end()
	s.mu.Unlock()
	s.running.Wait()
	return nil
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
