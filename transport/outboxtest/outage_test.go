package outboxtest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// natsServer is a server that can be stopped and started again, with what it stores.
type natsServer struct {
	port      int
	directory string
	running   *server.Server
}

func (n *natsServer) start(t *testing.T) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: n.port, JetStream: true, StoreDir: n.directory, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	go srv.Start()
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	n.running = srv
}

func (n *natsServer) stop() {
	n.running.Shutdown()
	n.running.WaitForShutdown()
}

// While the server is stopped, publishing goes on. No attempt counts: the first one that did
// would make a dead letter. Everything arrives.
func TestStoppedServerIsNoAttempt(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]func(testing.TB) space{"SQLite": inSQLite, "PostgreSQL": inPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := in(t)
			n := &natsServer{port: freePort(t), directory: t.TempDir()}
			n.start(t)
			t.Cleanup(func() { n.stop() })
			broker, err := natsevents.Connect("nats://127.0.0.1:"+strconv.Itoa(n.port), natsevents.Logger(slog.New(slog.DiscardHandler)), natsevents.AckWait(2*time.Second),
				natsevents.Client(nats.ReconnectWait(10*time.Millisecond), nats.ReconnectJitter(0, 0)))
			if err != nil {
				t.Fatal(err)
			}
			o, err := sqlevents.New(x.db, x.dialect, broker, sqlevents.Prefix(x.prefix), sqlevents.MaxAttempts(1), sqlevents.Logger(slog.New(slog.DiscardHandler)))
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
