package amqpevents_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// The broker refuses to declare what it has with other arguments, so that what it
// has can be compared.
func TestTopology(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		r := receive(t, o, mail, func(d transport.Delivery) transport.Verdict {
			if d.Attempt == 1 {
				return transport.Retry(time.Millisecond, "again")
			}
			return transport.Ack()
		})
		publish(t, o, event("1"))
		r.next()
		r.next()
		queue := func(further amqp091.Table) amqp091.Table {
			all := amqp091.Table{"x-queue-type": "classic"}
			if len(options) == 0 {
				all = amqp091.Table{"x-queue-type": "quorum", "x-delivery-limit": math.MaxInt32}
			}
			maps.Copy(all, further)
			return all
		}
		prefix := o.space.prefix
		tier := queue(amqp091.Table{"x-dead-letter-exchange": prefix + ".back", "x-message-ttl": 126})
		if len(options) == 0 {
			tier["x-dead-letter-strategy"], tier["x-overflow"] = "at-least-once", "reject-publish"
		}
		for name, arguments := range map[string]amqp091.Table{
			".order.placed/mail":      queue(amqp091.Table{"x-dead-letter-exchange": prefix + ".dead", "x-dead-letter-routing-key": "order.placed/mail"}),
			".order.placed/mail/dead": queue(nil),
			".wait.125ms":             tier,
			".gone":                   queue(amqp091.Table{"x-dead-letter-exchange": prefix + ".back", "x-message-ttl": 60_000}),
		} {
			if _, err := raw(t, o.space.url).QueueDeclare(prefix+name, true, false, false, false, arguments); err != nil {
				t.Errorf("queue %s: %v", name, err)
			}
		}
		for name, kind := range map[string]string{"events": "direct", "dead": "direct", "wait": "headers", "gone": "fanout", "back": "direct"} {
			arguments := amqp091.Table{}
			if name == "back" {
				arguments["alternate-exchange"] = prefix + ".gone"
			}
			if err := raw(t, o.space.url).ExchangeDeclare(prefix+"."+name, kind, true, false, false, false, arguments); err != nil {
				t.Errorf("exchange %s: %v", name, err)
			}
		}
	})
}

// RabbitMQ may say that there is no queue while somebody else is about to make it.
func TestQueueIsDeclaredAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		hidden int
		fails  bool
	}{
		{name: "found later", hidden: 4},
		{name: "never found", hidden: 5, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, p := newSpace(t), newProxy(t, nil)
			o := x.open(t, p.url())
			p.hide(x.queue(mail), c.hidden)
			err := o.Declare(within(t), mail)
			if failed := err != nil; failed != c.fails {
				t.Fatalf("got %v", err)
			}
			if c.fails {
				want := "declaring the queue " + x.queue(mail) + ` (tried for a while): Exception (404) Reason: "NOT_FOUND`
				if !strings.HasPrefix(err.Error(), want) {
					t.Errorf("got %v, want %s…", err, want)
				}
				if err := o.Declare(within(t), mail); err != nil {
					t.Fatal(err)
				}
			}
			if n := p.connections(); n != 2 {
				t.Errorf("%d connections were made", n)
			}
		})
	}
}

// The end of the context ends the tries, and is told.
func TestDeclaringEndsWithContext(t *testing.T) {
	t.Parallel()
	x, p := newSpace(t), newProxy(t, nil)
	o := x.open(t, p.url())
	p.hide(x.queue(mail), 5)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := o.Declare(ctx, mail); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
