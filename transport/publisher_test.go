package transport_test

import (
	"context"
	"errors"
	"testing"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/transport"
)

// paid is an event with an order key.
type paid struct{ Order string }

func (p *paid) OrderKey() string { return p.Order }

var _ event.Keyed = (*paid)(nil)

// taken is a transport that keeps the last message.
type taken struct {
	transport.Transport
	last transport.Message
}

func (t *taken) Publish(_ context.Context, m transport.Message) error {
	t.last = m
	return m.Check()
}

func TestPublisherSetsTheOrderKey(t *testing.T) {
	x := &taken{}
	p := transport.NewPublisher(x)
	for _, key := range []string{"17", "", "ä b"} {
		if err := p.Publish(t.Context(), "paid", &paid{key}); err != nil {
			t.Fatal(err)
		}
		if got := x.last.OrderKey(); got != key || len(x.last.Headers) > 0 != (key != "") {
			t.Errorf("got %q, headers %q, want %q", got, x.last.Headers, key)
		}
	}
	var problem *transport.MessageError
	if err := p.Publish(t.Context(), "paid", &paid{"a\nb"}); !errors.As(err, &problem) {
		t.Errorf("got %v", err)
	}
}
