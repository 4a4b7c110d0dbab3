package amqpevents_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// awaitBacklog waits until a receiver has a backlog.
func awaitBacklog(t *testing.T, o *opened, s transport.Subscription, want transport.Backlog) {
	t.Helper()
	for ctx := within(t); ; pause(ctx) {
		got, err := o.Backlog(ctx, s.Event, s.Key)
		if err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the backlog is %+v, want %+v", got, want)
		}
	}
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		x := newSpace(t)
		o, other := x.open(t, x.url, options...), x.open(t, x.url, options...)
		var unroutable *transport.UnroutableError
		if b, err := o.Backlog(within(t), mail.Event, mail.Key); !errors.As(err, &unroutable) || unroutable.Key != mail.Key {
			t.Errorf("of an undeclared key: %+v, %v", b, err)
		}
		for _, name := range [][2]string{{mail.Event, ""}, {"", "mail"}, {mail.Event, "a/b"}} {
			var problem *transport.SubscriptionError
			if b, err := o.Backlog(within(t), name[0], name[1]); !errors.As(err, &problem) {
				t.Errorf("of %q: %+v, %v", name, b, err)
			}
		}
		if err := o.Declare(within(t), mail); err != nil {
			t.Fatal(err)
		}
		awaitBacklog(t, o, mail, transport.Backlog{})
		publish(t, o, event("retry"), event("reject"), event("flight"), event("waits"))
		awaitBacklog(t, o, mail, transport.Backlog{Waiting: 4})
		finish := make(chan struct{})
		r := receive(t, o, mail, func(d transport.Delivery) transport.Verdict {
			switch {
			case d.ID == "retry" && d.Attempt == 1:
				return transport.Retry(10*time.Hour, "not today")
			case d.ID == "reject":
				return transport.Reject("no")
			case d.ID == "flight":
				<-finish
			}
			return transport.Ack()
		})
		awaitBacklog(t, o, mail, transport.Backlog{Waiting: 1, InFlight: 1, Retrying: 1, Dead: 1})
		awaitBacklog(t, other, mail, transport.Backlog{Waiting: 1, Dead: 1}) // all that another process sees
		close(finish)
		awaitBacklog(t, o, mail, transport.Backlog{Retrying: 1, Dead: 1})
		r.stop()
	})
}

// What waits for a retry is counted until its wait is over.
func TestBacklogOfRetries(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := receive(t, o, mail, secondTime)
	publish(t, o, event("1"))
	r.next()
	awaitBacklog(t, o, mail, transport.Backlog{Retrying: 1})
	r.next()
	awaitBacklog(t, o, mail, transport.Backlog{})
}

func TestBacklogWithoutConnection(t *testing.T) {
	t.Parallel()
	o := connecting(t, "amqp://guest:guest@127.0.0.1:1")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if b, err := o.Backlog(ctx, mail.Event, mail.Key); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %+v, %v", b, err)
	}
}
