package watermillevents_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

func TestMessageWithoutUUID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := make(chan *message.Message, 1)
		c <- message.NewMessage("", nil)
		x := watermillevents.NewTransport(nil, func(string) (message.Subscriber, error) { return &given{c: c}, nil })
		id := make(chan string, 1)
		receiving(t, x, transport.Subscription{Event: placed}, func(d transport.Delivery) transport.Verdict {
			id <- d.ID
			return transport.Ack()
		})
		if <-id == "" {
			t.Error("it has no ID")
		}
	})
}

// given is a subscriber that gives what is in a channel.
type given struct {
	c    chan *message.Message
	once sync.Once
}

func (g *given) Subscribe(context.Context, string) (<-chan *message.Message, error) { return g.c, nil }

func (g *given) Close() error {
	g.once.Do(func() { close(g.c) })
	return nil
}

// A message that calls itself a CloudEvent and is none is a dead letter.
func TestBadCloudEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBackend()
		x := b.transport()
		declare(t, x, "mail")
		m := message.NewMessage("7", []byte("{}"))
		m.Metadata = message.Metadata{"ce-id": "8", "ce-type": placed, "ce-source": "/", "ce-specversion": "0.3"}
		if err := b.Publish(placed, m); err != nil {
			t.Fatal(err)
		}
		receiving(t, x, mail, func(d transport.Delivery) transport.Verdict {
			t.Errorf("got %+v", d)
			return transport.Ack()
		})
		if d := deadLetter(t, b, "mail"); d.ID != "8" || d.Key != "mail" || string(d.Body) != "{}" || !strings.Contains(d.Reason, "version 0.3") {
			t.Errorf("got %+v", d)
		}
	})
}

// A subscriber that ends by itself ends the subscription.
func TestSubscriberEnds(t *testing.T) {
	g := &given{c: make(chan *message.Message)}
	x := watermillevents.NewTransport(nil, func(string) (message.Subscriber, error) { return g, nil })
	_ = g.Close()
	err := x.Subscribe(t.Context(), mail, nil)
	if err == nil || !strings.Contains(err.Error(), "has closed its channel for event order.placed") {
		t.Errorf("got %v", err)
	}
}

// The errors of subscribers are told.
func TestSubscribersFail(t *testing.T) {
	var none error
	for _, c := range []struct {
		make error
		broken
		declare, subscribe string
	}{
		{make: errDown, declare: "making a subscriber: it is down", subscribe: "making a subscriber: it is down"},
		{broken: broken{initialize: errDown}, declare: "preparing the topic order.placed: it is down", subscribe: "preparing the topic order.placed.dead.mail: it is down"},
		{broken: broken{subscribe: errDown}, declare: fmt.Sprint(none), subscribe: "subscribing to the topic order.placed.retry.mail: it is down"},
		{broken: broken{subscribe: errDown, close: errDown}, declare: "closing a subscriber: it is down",
			subscribe: "subscribing to the topic order.placed.retry.mail: it is down\nclosing a subscriber: it is down"},
	} {
		x := watermillevents.NewTransport(nil, func(string) (message.Subscriber, error) { return c.broken, c.make })
		if err := x.Declare(t.Context(), mail); fmt.Sprint(err) != c.declare {
			t.Errorf("declaring: %v, want %s", err, c.declare)
		}
		if err := x.Subscribe(t.Context(), mail, nil); fmt.Sprint(err) != c.subscribe {
			t.Errorf("subscribing: %v, want %s", err, c.subscribe)
		}
	}
}

// broken is a subscriber that fails.
type broken struct{ initialize, subscribe, close error }

func (b broken) SubscribeInitialize(string) error { return b.initialize }
func (b broken) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	return nil, b.subscribe
}
func (b broken) Close() error { return b.close }

func TestDeclareRefuses(t *testing.T) {
	x := watermillevents.NewTransport(nil, func(string) (message.Subscriber, error) { return &given{c: make(chan *message.Message)}, nil })
	var wrong *transport.SubscriptionError
	if err := x.Declare(t.Context(), transport.Subscription{Event: placed}); !errors.As(err, &wrong) {
		t.Errorf("without a key: %v", err)
	}
	if err := x.Declare(t.Context(), transport.Subscription{Key: "mail"}); !errors.As(err, &wrong) {
		t.Errorf("without an event: %v", err)
	}
	if err := x.Declare(t.Context(), mail); err == nil || !strings.Contains(err.Error(), "no message.SubscribeInitializer") {
		t.Errorf("got %v", err)
	}
}

// hasty is a backend that forgets an Ack that comes shortly before the end.
type hasty struct {
	*given
	acked, forgot bool
}

// Subscribe gives one message, and sees its Ack a second late.
func (h *hasty) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	of, cancel := context.WithCancel(context.Background())
	m := message.NewMessageWithContext(of, "7", nil)
	go func() {
		defer cancel()
		h.c <- m
		select {
		case <-m.Acked():
		case <-ctx.Done():
			h.forgot = true
		}
		time.Sleep(time.Second)
		h.acked = true
	}()
	return h.c, nil
}

// What is being handled when the subscription ends is acked, and the subscriber
// is closed when it has passed that on.
func TestAckBeforeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hasty{given: &given{c: make(chan *message.Message)}}
		x := watermillevents.NewTransport(nil, func(string) (message.Subscriber, error) { return h, nil })
		begun, finish := make(chan struct{}), make(chan struct{})
		stop := receiving(t, x, transport.Subscription{Event: placed}, func(transport.Delivery) transport.Verdict {
			close(begun)
			<-finish
			return transport.Ack()
		})
		<-begun
		stopped := make(chan struct{})
		go func() {
			stop()
			close(stopped)
		}()
		synctest.Wait()
		close(finish)
		<-stopped
		if !h.acked || h.forgot {
			t.Errorf("the Ack was lost: passed on %v, forgot %v", h.acked, h.forgot)
		}
	})
}

// half is a subscriber of which one channel closes.
type half struct {
	open   chan *message.Message
	closed chan *message.Message
}

func (h *half) Subscribe(_ context.Context, topic string) (<-chan *message.Message, error) {
	if topic == placed {
		return h.closed, nil
	}
	return h.open, nil
}

func (h *half) Close() error {
	close(h.open)
	return errDown
}

// One channel that closes ends the subscription too, which tells all that went
// wrong.
func TestOneChannelEnds(t *testing.T) {
	h := &half{make(chan *message.Message), make(chan *message.Message)}
	close(h.closed)
	x := watermillevents.NewTransport(nil, func(string) (message.Subscriber, error) { return h, nil })
	ended := make(chan error, 1)
	go func() { ended <- x.Subscribe(t.Context(), mail, nil) }()
	if err := got(t, ended, "the end"); err == nil || !strings.Contains(err.Error(), "closed its channel") || !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
}

// A subscription that ends with its context has no error.
func TestEndHasNoError(t *testing.T) {
	h := &half{make(chan *message.Message), make(chan *message.Message)}
	x := watermillevents.NewTransport(nil, func(string) (message.Subscriber, error) { return h, nil })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- x.Subscribe(ctx, mail, nil) }()
	cancel()
	close(h.closed)
	if err := got(t, ended, "the end"); err != nil {
		t.Errorf("got %v", err)
	}
}

// A cancelled publish doesn't ask the publisher.
func TestCancelledPublish(t *testing.T) {
	c := make(chan *message.Message, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := watermillevents.NewTransport(caught(c), nil).Publish(ctx, transport.Message{ID: "7", Event: placed})
	if !errors.Is(err, context.Canceled) || len(c) > 0 {
		t.Errorf("got %v; published were %d", err, len(c))
	}
}

// What the caller does with its message later doesn't change what it published,
// nor does one receiver what another gets.
func TestMessagesAreCopied(t *testing.T) {
	body := []byte("7")
	c := make(chan *message.Message, 2)
	x := watermillevents.NewTransport(caught(c), nil)
	if err := x.Publish(t.Context(), transport.Message{ID: "7", Event: placed, Body: body}); err != nil {
		t.Fatal(err)
	}
	body[0] = '8'
	m := <-c
	if string(m.Payload) != "7" {
		t.Errorf("published was %q", m.Payload)
	}
	d := watermillevents.DeadLetterOf(m)
	d.Body[0] = '9'
	if string(m.Payload) != "7" {
		t.Errorf("the payload has become %q", m.Payload)
	}
}

// caught publishes to a channel.
type caught chan *message.Message

func (c caught) Publish(_ string, messages ...*message.Message) error {
	for _, m := range messages {
		c <- m
	}
	return nil
}

func (c caught) Close() error { return nil }
