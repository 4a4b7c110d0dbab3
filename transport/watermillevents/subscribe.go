package watermillevents

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// Subscribe calls the handler for each message until the context ends. The error is
// a *transport.SubscriptionError, the subscriber's, or one that reports that the
// subscriber has closed a channel.
func (t *Transport) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	sub, err := t.subscriber(s.Key)
	if err != nil {
		return annotated(err, "making a subscriber")
	}
	r := &receiving{transport: t, subscription: s, handler: h, slots: make(chan struct{}, s.MaxInFlight)}
	err = r.run(ctx, sub)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// receiving is one subscription in progress.
type receiving struct {
	transport    *Transport
	subscription transport.Subscription
	handler      transport.Handler
	slots        chan struct{} // holds a value for each running handler
	handlers     sync.WaitGroup
}

// run receives until the context ends or a channel of the subscriber closes. The
// subscriber must outlive the context. Otherwise it would abandon messages that are being
// handled.
func (r *receiving) run(ctx context.Context, sub message.Subscriber) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	channels, err := r.open(life, sub)
	if err == nil {
		err = r.readAll(ctx, channels)
	}
	return errors.Join(err, shut(sub, end, channels))
}

// open subscribes to the retries and to the event. It subscribes to the event MaxInFlight
// times, because most subscribers hand out one message at a time.
func (r *receiving) open(life context.Context, sub message.Subscriber) (channels []<-chan *message.Message, err error) {
	event, key := r.subscription.Event, r.subscription.Key
	var topics []string
	if key != "" {
		topics = append(topics, retryTopic(event, key))
		if i, ok := sub.(message.SubscribeInitializer); ok {
			if err := initialize(i, DeadTopic(event, key)); err != nil {
				return nil, err
			}
		}
	}
	for range r.subscription.MaxInFlight {
		topics = append(topics, event)
	}
	for _, topic := range topics {
		c, err := sub.Subscribe(life, topic)
		if err != nil {
			return channels, annotated(err, "subscribing to the topic "+topic)
		}
		channels = append(channels, c)
	}
	return channels, nil
}

// shut closes a subscriber. It takes messages until the channels are closed, because some
// subscribers wait for that. It nacks these messages for other subscribers, but after a
// delay. A subscriber that has not noticed its end yet would hand them out again and
// again, and use up the deliveries that its backend permits.
func shut(sub message.Subscriber, end context.CancelFunc, channels []<-chan *message.Message) error {
	ending, ended := context.WithCancel(context.Background())
	var drained sync.WaitGroup
	for _, c := range channels {
		drained.Go(func() {
			for m := range c {
				pause(ending, noticing)
				m.Nack()
			}
		})
	}
	err := sub.Close()
	end()
	ended()
	drained.Wait()
	return annotated(err, "closing a subscriber")
}

// noticing is longer than a subscriber takes to notice that it is closed.
const noticing = 100 * time.Millisecond

// readAll reads all channels, and waits for the handlers.
func (r *receiving) readAll(ctx context.Context, channels []<-chan *message.Message) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var readers sync.WaitGroup
	var closed atomic.Bool
	for _, c := range channels {
		readers.Go(func() {
			if !r.read(ctx, c) {
				closed.Store(true)
				stop()
			}
		})
	}
	readers.Wait()
	r.handlers.Wait()
	if closed.Load() {
		return fmt.Errorf("the subscriber has closed its channel for event %s", r.subscription.Event)
	}
	return nil
}

// read reads a channel until the context ends. It returns false if the channel was closed
// before that.
func (r *receiving) read(ctx context.Context, c <-chan *message.Message) bool {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case m, open := <-c:
			if !open {
				return ctx.Err() != nil
			}
			r.take(ctx, m)
		}
	}
	return true
}

// take starts the handling of a message, once it is due and a handler may run.
func (r *receiving) take(ctx context.Context, m *message.Message) {
	in, err := read(m)
	if key := in.delivery.Key; err == nil && key != "" && key != r.subscription.Key {
		m.Ack() // the message is for another receiver
		return
	}
	in.delivery.Event, in.delivery.Key = r.subscription.Event, r.subscription.Key
	if err != nil {
		r.apply(ctx, in, transport.Reject(err.Error()))
		return
	}
	if !r.isDue(ctx, in) {
		return
	}
	if !r.begin(ctx) {
		m.Nack()
		return
	}
	r.handlers.Go(func() { r.handle(ctx, in) })
}

// begin waits until a handler may run. It returns false if the context has ended.
func (r *receiving) begin(ctx context.Context) bool {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil {
		<-r.slots
		return false
	}
	return true
}

// handle calls the handler for a message and settles it.
func (r *receiving) handle(ctx context.Context, in incoming) {
	v := transport.Decide(ctx, r.subscription, r.handler, in.delivery)
	r.apply(ctx, in, v)
	<-r.slots
	confirmed(in.Message)
	if r.subscription.Key == "" {
		r.again(ctx, in.delivery, v)
	}
}
