package amqpevents_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

func TestUnroutable(t *testing.T) {
	t.Parallel()
	o := open(t)
	var unroutable *transport.UnroutableError
	if err := o.Publish(within(t), event("1")); !errors.As(err, &unroutable) || unroutable.Event != "order.placed" {
		t.Errorf("to nobody: %v", err)
	}
	r := receive(t, o, mail, ack)
	other := event("2")
	other.Key = "stock"
	if err := o.Publish(within(t), other); !errors.As(err, &unroutable) || unroutable.Key != "stock" {
		t.Errorf("to a key that nobody has: %v", err)
	}
	publish(t, o, event("3"))
	if d := r.next(); d.ID != "3" {
		t.Errorf("got %s", d.ID)
	}
}

func TestAcceptUnroutable(t *testing.T) {
	t.Parallel()
	o := open(t, amqpevents.AcceptUnroutable())
	if err := o.Publish(within(t), event("1")); err != nil {
		t.Errorf("to nobody: %v", err)
	}
}

// The broker sends back what it can't route, without saying which publish that
// was. IDs do not tell: here all have the same.
func TestReturnsAreCorrelated(t *testing.T) {
	t.Parallel()
	o := open(t)
	if err := o.Declare(within(t), mail); err != nil {
		t.Fatal(err)
	}
	ctx := within(t)
	var all sync.WaitGroup
	for n := range 64 {
		all.Go(func() {
			for range 50 {
				m := event("same")
				if n%2 == 1 {
					m.Event = "order.nobody"
				}
				var unroutable *transport.UnroutableError
				if err := o.Publish(ctx, m); (n%2 == 1) != errors.As(err, &unroutable) || n%2 == 0 && err != nil {
					t.Errorf("publishing %s: %v", m.Event, err)
				}
			}
		})
	}
	all.Wait()
}

// What makes sure that a message survives the broker is seen from outside.
func TestPublishesPersistently(t *testing.T) {
	t.Parallel()
	o := open(t, amqpevents.Source("/shop"))
	if err := o.Declare(within(t), mail); err != nil {
		t.Fatal(err)
	}
	publish(t, o, event("1"))
	d, found, err := raw(t, o.space.url).Get(o.space.queue(mail), true)
	if err != nil || !found {
		t.Fatalf("found: %v, %v", found, err)
	}
	if d.DeliveryMode != amqp091.Persistent || d.MessageId != "1" || d.ContentType != "text/plain" || d.Headers["ce-source"] != "/shop" {
		t.Errorf("got %+v", d)
	}
}

func TestRefusedMessagesKeepTheConnection(t *testing.T) {
	t.Parallel()
	x := newSpace(t)
	p := newProxy(t, nil)
	o := x.open(t, p.url())
	r := receive(t, o, mail, ack)
	with := func(change func(*transport.Message)) transport.Message {
		m := event("bad")
		change(&m)
		return m
	}
	for want, m := range map[string]transport.Message{
		"its body has 67108864 bytes, 16777216 is the limit": with(func(m *transport.Message) { m.Body = make([]byte, 64<<20) }),
		"its content type has more than 255 bytes":           with(func(m *transport.Message) { m.ContentType = strings.Repeat("x", 256) }),
		"the name of a header has more than 255 bytes":       with(func(m *transport.Message) { m.Headers = map[string]string{strings.Repeat("x", 256): ""} }),
		"the header CC is one that RabbitMQ acts on":         with(func(m *transport.Message) { m.Headers = map[string]string{"CC": "x"} }),
		"the header x-death is one that RabbitMQ acts on":    with(func(m *transport.Message) { m.Headers = map[string]string{"x-death": "x"} }),
		"its headers are too large for the broker":           with(func(m *transport.Message) { m.Headers = map[string]string{"x": strings.Repeat("x", 130_000)} }),
	} {
		var refused *transport.MessageError
		if err := o.Publish(within(t), m); !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	large := event("large")
	large.Headers = map[string]string{"x": strings.Repeat("x", 120_000), strings.Repeat("y", 255): strings.Repeat("z", 1000)}
	publish(t, o, large)
	if d := r.next(); d.ID != "large" || len(d.Headers["x"]) != 120_000 {
		t.Errorf("got %s with a header of %d bytes", d.ID, len(d.Headers["x"]))
	}
	if n := p.connections(); n != 2 {
		t.Errorf("there were %d connections, want one to publish and one to consume", n)
	}
}

// The broker closes a channel for one message, and so refuses those that are under
// way with it: only what it refuses again, by itself, is refused.
func TestRefusedBesideAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		refused int
		attempt int // that the message comes by
	}{
		{name: "once", refused: 1, attempt: 2},
		{name: "again", refused: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, p := newSpace(t), newProxy(t, nil)
			o := x.open(t, p.url())
			internal := x.prefix + ".deny"
			ch := raw(t, x.url)
			if err := ch.ExchangeDeclare(internal, "fanout", false, true, true, false, nil); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = ch.ExchangeDelete(internal, false, false) })
			r := receive(t, o, mail, func(d transport.Delivery) transport.Verdict {
				if d.Attempt == 1 {
					return transport.Retry(0, "again")
				}
				return transport.Ack()
			})
			p.divert(x.prefix+".back", internal, c.refused)
			publish(t, o, event("1"))
			r.next()
			if c.attempt > 0 {
				if d := r.next(); d.Attempt != c.attempt {
					t.Errorf("it comes by attempt %d", d.Attempt)
				}
				return
			}
			if l := letters(t, o, mail, 1)[0]; !strings.Contains(l.Reason, "the broker refuses it: Exception (403)") {
				t.Errorf("got the letter %+v", l)
			}
		})
	}
}

// A publish goes on when the broker refuses another message beside it.
func TestPublishedBesideRefused(t *testing.T) {
	t.Parallel()
	x, p := newSpace(t), newProxy(t, nil)
	o := x.open(t, p.url())
	r := receive(t, o, mail, ack)
	p.divert(x.prefix+".events", x.prefix+".nobody", 1)
	publish(t, o, event("1"))
	r.next()
}

func TestMaxBody(t *testing.T) {
	t.Parallel()
	o := open(t, amqpevents.MaxBody(8))
	r := receive(t, o, mail, ack)
	if err := o.Publish(within(t), transport.Message{ID: "1", Event: mail.Event, Body: make([]byte, 9)}); err == nil || !strings.Contains(err.Error(), "its body has 9 bytes, 8 is the limit") {
		t.Errorf("got %v", err)
	}
	publish(t, o, transport.Message{ID: "2", Event: mail.Event, Body: make([]byte, 8)})
	if d := r.next(); len(d.Body) != 8 {
		t.Errorf("got %d bytes", len(d.Body))
	}
}

// A body of many frames, beside others.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := receive(t, o, mail, ack)
	ctx := within(t)
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			m := event(fmt.Sprint(n))
			m.Body = []byte(strings.Repeat(m.ID, 1<<20))
			if err := o.Publish(ctx, m); err != nil {
				t.Errorf("publishing: %v", err)
			}
		})
	}
	all.Wait()
	for range 4 {
		if d := r.next(); string(d.Body) != strings.Repeat(d.ID, 1<<20) {
			t.Errorf("the body of %s is another, of %d bytes", d.ID, len(d.Body))
		}
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	o := open(t)
	if err := o.Declare(within(t), mail); err != nil {
		t.Fatal(err)
	}
	o.Close()
	o.Close()
	if err := o.Publish(context.Background(), event("1")); err == nil || !strings.HasSuffix(err.Error(), "the transport is closed") {
		t.Errorf("publishing: %v", err)
	}
	if err := o.Subscribe(context.Background(), mail, nil); err == nil || !strings.HasSuffix(err.Error(), "the transport is closed") {
		t.Errorf("subscribing: %v", err)
	}
}
