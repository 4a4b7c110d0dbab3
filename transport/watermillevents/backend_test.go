package watermillevents_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

// backend is a Watermill backend: a transport of its own. It notes what is
// published, and refuses it on topics that are down.
type backend struct {
	*watermillevents.Publisher
	local transport.Local

	mu   sync.Mutex
	down map[string]bool
	sent map[string][]*message.Message // by topic
}

func newBackend() *backend {
	b := &backend{down: map[string]bool{}, sent: map[string][]*message.Message{}}
	b.Publisher = watermillevents.NewPublisher(&b.local)
	return b
}

func (b *backend) Publish(topic string, messages ...*message.Message) error {
	b.mu.Lock()
	down := b.down[topic]
	if !down {
		b.sent[topic] = append(b.sent[topic], messages...)
	}
	b.mu.Unlock()
	if down {
		return errDown
	}
	return b.Publisher.Publish(topic, messages...)
}

func (b *backend) set(topic string, down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down[topic] = down
}

func (b *backend) subscriber(key string) (message.Subscriber, error) {
	return watermillevents.NewSubscriber(&b.local, transport.Subscription{Key: key, MaxAttempts: 1000}, atOnce), nil
}

func (b *backend) transport(options ...watermillevents.Option) *watermillevents.Transport {
	return watermillevents.NewTransport(b, b.subscriber, options...)
}

var mail = transport.Subscription{Event: placed, Key: "mail"}

func declare(t *testing.T, x *watermillevents.Transport, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if err := x.Declare(t.Context(), transport.Subscription{Event: placed, Key: key}); err != nil {
			t.Fatal(err)
		}
	}
}

func publish(t *testing.T, x *watermillevents.Transport, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := x.Publish(t.Context(), transport.Message{ID: id, Event: placed, ContentType: "text/plain", Headers: map[string]string{"shop": "berlin"}, Body: []byte(id)}); err != nil {
			t.Fatal(err)
		}
	}
}

// receiving subscribes until the test ends or stop is called.
func receiving(t *testing.T, x *watermillevents.Transport, s transport.Subscription, h func(transport.Delivery) transport.Verdict) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict { return h(d) })
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the subscription ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// deadLetter is the next message of a dead topic.
func deadLetter(t *testing.T, b *backend, key string) transport.DeadLetter {
	t.Helper()
	s, err := b.subscriber(key)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	messages, err := s.Subscribe(t.Context(), watermillevents.DeadTopic(placed, key))
	if err != nil {
		t.Fatal(err)
	}
	m := <-messages
	m.Ack()
	synctest.Wait()
	return watermillevents.DeadLetterOf(m)
}
