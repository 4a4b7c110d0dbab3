package natsevents_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

func TestBacklog(t *testing.T) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) { t.Parallel(); checkBacklog(t, embedded(t, soon)) })
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		x, _, _ := connected(t)
		checkBacklog(t, x)
	})
}

func checkBacklog(t *testing.T, x *natsevents.Transport) {
	s, other := transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 1}, transport.Subscription{Event: "order.placed", Key: "other"}
	keep(t, x, other)
	keep(t, x, s)
	is(t, x, s, transport.Backlog{}, false)
	keep(t, x, s, "1", "2", "3")
	is(t, x, s, transport.Backlog{Waiting: 3}, true)
	begun, finish := make(chan string), make(chan transport.Verdict)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			begun <- d.ID
			return <-finish
		})
	}()
	take(t, begun)
	is(t, x, s, transport.Backlog{Waiting: 2, InFlight: 1}, true)
	finish <- transport.Reject("no")
	take(t, begun)
	is(t, x, s, transport.Backlog{Waiting: 1, InFlight: 1, Dead: 1}, true)
	finish <- transport.Retry(time.Hour, "later")
	take(t, begun)
	is(t, x, s, transport.Backlog{InFlight: 2, Dead: 1}, true) // of which one waits for its first redelivery
	finish <- transport.Retry(0, "now")
	take(t, begun)
	is(t, x, s, transport.Backlog{InFlight: 1, Retrying: 1, Dead: 1}, true)
	finish <- transport.Ack()
	stop()
	if err := take(t, ended); err != nil {
		t.Error(err)
	}
	is(t, x, s, transport.Backlog{InFlight: 1, Dead: 1}, true)
	is(t, x, other, transport.Backlog{Waiting: 3}, true)
}

// is waits until a backlog is as wanted, with an oldest message or without one. The server
// counts a message soon after it has confirmed it.
func is(t *testing.T, x *natsevents.Transport, s transport.Subscription, want transport.Backlog, oldest bool) {
	t.Helper()
	var got transport.Backlog
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		var err error
		if got, err = x.Backlog(t.Context(), s.Event, s.Key); err != nil {
			t.Fatal(err)
		}
		right := (got.Oldest > 0) == oldest && got.Oldest < time.Hour
		if got.Oldest = 0; got == want && right {
			return
		}
		<-tick.C
	}
	t.Fatalf("got %+v, want %+v", got, want)
}

func TestBacklogOfNobody(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	var unroutable *transport.UnroutableError
	if _, err := x.Backlog(t.Context(), "order.placed", "mail"); !errors.As(err, &unroutable) {
		t.Errorf("got %v", err)
	}
	for _, s := range []transport.Subscription{{Event: "order.placed"}, {Key: "mail"}, {Event: "a b", Key: "mail"}} {
		var problem *transport.SubscriptionError
		if _, err := x.Backlog(t.Context(), s.Event, s.Key); !errors.As(err, &problem) {
			t.Errorf("got %v", err)
		}
	}
}
