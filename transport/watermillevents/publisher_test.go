package watermillevents_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

// Metadata may be anything; a Subscriber gets it as it was.
func TestMetadataArrives(t *testing.T) {
	want := message.Metadata{
		"plain": "a%b ü", "empty": "", "X-Request-ID": "1",
		"with space": "1", "a:b": "1", "": "no name", "ü": "1", "lines": "a\r\nb", "\xff": "\xfe",
		"ce-type": "other", "cloudEvents_id": "1", "rollcall-attempt": "7", "Nats-Msg-Id": "1", "Content-Type": "1",
		"watermill-plain": "1", "watermill-": "%", "watermill-ce-type": "2",
		"content-type": "application/json; charset=utf-8",
	}
	if came := carried(t, want).Metadata; !maps.Equal(came, want) {
		t.Errorf("got %q\nwant %q", came, want)
	}
	for _, kind := range []string{"", "a\nb"} {
		if came, is := carried(t, message.Metadata{"content-type": kind}).Metadata["content-type"]; came != kind || !is {
			t.Errorf("the content type %q came as %q, %v", kind, came, is)
		}
	}
}

// carried is a message that was published and received.
func carried(t *testing.T, metadata message.Metadata) *message.Message {
	t.Helper()
	var l transport.Local
	s := watermillevents.NewSubscriber(&l, transport.Subscription{Key: "mail"})
	defer s.Close()
	messages, err := s.Subscribe(t.Context(), "order.placed")
	if err != nil {
		t.Fatal(err)
	}
	m := message.NewMessage("7", []byte("{}"))
	m.Metadata = metadata
	if err := watermillevents.NewPublisher(&l).Publish("order.placed", m); err != nil {
		t.Fatal(err)
	}
	came := got(t, messages, "the message")
	came.Ack()
	if came.UUID != "7" || string(came.Payload) != "{}" {
		t.Errorf("got %q with %q", came.UUID, came.Payload)
	}
	return came
}

// A receiver that knows nothing of Watermill gets the content type, so that it
// can decode, and plain metadata as headers.
func TestPublishForReceivers(t *testing.T) {
	var l transport.Local
	if err := l.Declare(t.Context(), transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
		t.Fatal(err)
	}
	m := message.NewMessage("7", []byte(`{"ID":"8"}`))
	m.Metadata.Set("content-type", "application/json")
	m.Metadata.Set("shop", "berlin")
	m.Metadata.Set("two words", "a b")
	if err := watermillevents.NewPublisher(&l).Publish("order.placed", m); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	type placed struct{ ID string }
	var event placed
	var d transport.Delivery
	err := transport.NewReceiver("mail", func(ctx context.Context, p placed) error {
		event = p
		d, _ = transport.DeliveryOf(ctx)
		stop()
		return nil
	}).Receive(ctx, &l, "order.placed")
	if err != nil || event.ID != "8" || d.ID != "7" {
		t.Errorf("got %+v of the message %q: %v", event, d.ID, err)
	}
	if want := map[string]string{"shop": "berlin", "watermill-two+words": "a+b"}; !maps.Equal(d.Headers, want) {
		t.Errorf("got the headers %q, want %q", d.Headers, want)
	}
}

// What another program has put under the prefix, and is not encoded, stays.
func TestForeignHeaders(t *testing.T) {
	var l transport.Local
	s := watermillevents.NewSubscriber(&l, transport.Subscription{Key: "mail"})
	defer s.Close()
	messages, err := s.Subscribe(t.Context(), "order.placed")
	if err != nil {
		t.Fatal(err)
	}
	headers := map[string]string{"watermill-share": "100%", "watermill-%": "1"}
	if err := l.Publish(t.Context(), transport.Message{ID: "7", Event: "order.placed", Headers: headers}); err != nil {
		t.Fatal(err)
	}
	m := got(t, messages, "the message")
	m.Ack()
	if !maps.Equal(m.Metadata, headers) {
		t.Errorf("got %q", m.Metadata)
	}
}

func TestPublishRefuses(t *testing.T) {
	var l transport.Local
	if err := l.Declare(t.Context(), transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
		t.Fatal(err)
	}
	p := watermillevents.NewPublisher(&l)
	for _, c := range []struct{ topic, uuid, problem string }{
		{"order.placed", "", "it has no ID"},
		{"order.placed", strings.Repeat("x", 129), "128 bytes at most"},
		{"order placed", "7", "has a space"},
		{"", "7", "it has no event"},
	} {
		var refused *transport.MessageError
		if err := p.Publish(c.topic, message.NewMessage(c.uuid, nil)); !errors.As(err, &refused) || !strings.Contains(refused.Problem, c.problem) {
			t.Errorf("topic %q, UUID %q: %v", c.topic, c.uuid, err)
		}
	}
	var unroutable *transport.UnroutableError
	if err := p.Publish("order.paid", message.NewMessage("7", nil)); !errors.As(err, &unroutable) {
		t.Errorf("to nobody: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := p.Publish("order.placed", message.NewMessageWithContext(ended, "7", nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

// slow is a transport that publishes when it is told to.
type slow struct {
	transport.Transport
	publish chan struct{}
}

func (s slow) Publish(context.Context, transport.Message) error {
	<-s.publish
	return nil
}

func TestPublisherClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow{publish: make(chan struct{})}
		p := watermillevents.NewPublisher(s)
		published, closed := make(chan error, 1), make(chan error, 1)
		go func() { published <- p.Publish("order.placed", message.NewMessage("7", nil)) }()
		synctest.Wait()
		go func() { closed <- p.Close() }()
		synctest.Wait()
		if len(closed) > 0 {
			t.Error("it closed while it published")
		}
		close(s.publish)
		if err := errors.Join(<-published, <-closed, p.Close()); err != nil {
			t.Error(err)
		}
		if err := p.Publish("order.placed", message.NewMessage("8", nil)); !errors.Is(err, watermillevents.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}
