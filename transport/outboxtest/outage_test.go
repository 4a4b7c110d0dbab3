package outboxtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// While the server is stopped, publishing goes on. No attempt counts: the first one that did
// would make a dead letter. Everything arrives.
func TestStoppedServerIsNoAttempt(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x space) {
		n := newNATSServer(t)
		n.start(t)
		broker, err := natsevents.Connect(n.url(), natsevents.Logger(silent), natsevents.AckWait(2*time.Second),
			natsevents.Client(nats.ReconnectWait(10*time.Millisecond), nats.ReconnectJitter(0, 0)))
		if err != nil {
			t.Fatal(err)
		}
		o, err := x.outbox(broker, sqlevents.MaxAttempts(1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = o.Close() })
		s := transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 16}
		if err := o.Declare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		const all = 300
		got := receive(t, o, s, all)
		for i := range all {
			if err := o.Publish(t.Context(), transport.Message{ID: fmt.Sprint(i), Event: s.Event}); err != nil {
				t.Fatal(err)
			}
			switch i % 100 {
			case 30:
				n.stop() // some are in flight
			case 59:
				if os.Getenv("ROLLCALL_LEDGER") == "1" && i < 100 { // longer than the relay waits for the broker's confirmation
					time.Sleep(35 * time.Second)
				}
			case 60:
				n.start(t)
			}
		}
		select {
		case <-got:
		case <-time.After(time.Minute):
			t.Error("not all have arrived")
		}
		if n, err := o.EachDeadLetter(t.Context(), s.Event, "", func(l transport.DeadLetter) transport.Disposal {
			t.Errorf("message %s is dead: %s", l.ID, l.Reason)
			return transport.Keep
		}); n > 0 || err != nil {
			t.Errorf("%d are dead: %v", n, err)
		}
	})
}

// receive closes a channel when so many different messages have arrived. It subscribes again
// when the server's end ends a subscription, as package fxevents does.
func receive(t *testing.T, o transport.Transport, s transport.Subscription, all int) <-chan struct{} {
	ctx, stop := context.WithCancel(t.Context())
	complete := make(chan struct{})
	var mu sync.Mutex
	seen := map[string]bool{}
	var ended sync.WaitGroup
	ended.Go(func() {
		for ctx.Err() == nil {
			_ = o.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
				mu.Lock()
				defer mu.Unlock()
				if !seen[d.ID] && len(seen) == all-1 {
					close(complete)
				}
				seen[d.ID] = true
				return transport.Ack()
			})
		}
	})
	t.Cleanup(func() { stop(); ended.Wait() })
	return complete
}
