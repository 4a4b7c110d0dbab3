package natsevents_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// monitored is a transport over the cluster, with a client that sees what it
// requests from the consumer of a subscription.
type monitored struct {
	*natsevents.Transport
	subscription transport.Subscription
	js           jetstream.JetStream
	stream       string
	consumer     string
	requests     chan int // how many messages were asked for
}

func newMonitored(t *testing.T, s transport.Subscription, options ...natsevents.Option) *monitored {
	t.Helper()
	url := cluster(t)
	prefix := "pull" + strings.ToLower(rand.Text()[:8])
	x, err := connect(url, append(options, natsevents.Prefix(prefix))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close(); deletePrefix(t, url, prefix) })
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	m := &monitored{Transport: x, subscription: s, js: rawClient(t, url), stream: strings.ToUpper(prefix), requests: make(chan int, 10_000)}
	stream, err := m.js.Stream(t.Context(), m.stream)
	if err != nil {
		t.Fatal(err)
	}
	for name := range stream.ConsumerNames(t.Context()).Name() {
		m.consumer = name
	}
	if _, err := m.js.Conn().Subscribe("$JS.API.CONSUMER.MSG.NEXT."+m.stream+"."+m.consumer, func(r *natsgo.Msg) {
		var request struct{ Batch int }
		if err := json.Unmarshal(r.Data, &request); err != nil {
			t.Error(err)
		}
		m.requests <- request.Batch
	}); err != nil {
		t.Fatal(err)
	}
	if err := m.js.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	return m
}

// start subscribes until the test ends.
func (m *monitored) start(t *testing.T, h transport.Handler) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := m.Subscribe(ctx, m.subscription, h); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); ended.Wait() })
}

func (m *monitored) publish(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := m.Publish(t.Context(), transport.Message{ID: id, Event: m.subscription.Event}); err != nil {
			t.Fatal(err)
		}
	}
}

func (m *monitored) publishMany(t *testing.T, n int) {
	t.Helper()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range n / 50 {
				m.publish(t, rand.Text())
			}
		})
	}
	all.Wait()
}

// deleteConsumer gives what waits until there is another one.
func (m *monitored) deleteConsumer(t *testing.T) (wait func()) {
	t.Helper()
	if err := m.js.DeleteConsumer(t.Context(), m.stream, m.consumer); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			_, err := m.js.Consumer(t.Context(), m.stream, m.consumer)
			if err == nil {
				return
			}
			if !errors.Is(err, jetstream.ErrConsumerNotFound) {
				t.Fatal(err)
			}
		}
	}
}

// take waits for one of a channel.
func take[T any](t *testing.T, from <-chan T) (taken T) {
	t.Helper()
	select {
	case taken = <-from:
	case <-time.After(30 * time.Second):
		t.Fatal("waited for nothing")
	}
	return taken
}

// A receiver goes on when somebody has deleted its consumer while it waited.
func TestConsumerDeletedWhileWaiting(t *testing.T) {
	t.Parallel()
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"})
	got := make(chan string, 10)
	m.start(t, func(_ context.Context, d transport.Delivery) transport.Verdict {
		got <- d.ID
		return transport.Ack()
	})
	m.publish(t, "1")
	take(t, got)
	take(t, m.requests)
	take(t, m.requests) // the one that it waits for now
	m.deleteConsumer(t)()
	m.publish(t, "2")
	if id := take(t, got); id != "2" {
		t.Errorf("got %s", id)
	}
}

// The same while its handler ran: the server says nothing to a request for a
// consumer that is not there.
func TestConsumerDeletedWhileBusy(t *testing.T) {
	t.Parallel()
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"}, natsevents.Heartbeat(100*time.Millisecond))
	got, release := make(chan string, 10), make(chan struct{})
	m.start(t, func(_ context.Context, d transport.Delivery) transport.Verdict {
		got <- d.ID
		<-release
		return transport.Ack()
	})
	m.publish(t, "1")
	take(t, got)
	wait := m.deleteConsumer(t)
	close(release)
	wait()
	m.publish(t, "2")
	if id := take(t, got); id != "2" {
		t.Errorf("got %s", id)
	}
}

// The server forgets a request after six heartbeats, and is asked again for as
// many messages as it had not sent.
func TestRequestsExpire(t *testing.T) {
	t.Parallel()
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 4}, natsevents.Heartbeat(100*time.Millisecond))
	got := make(chan string, 10)
	m.start(t, func(_ context.Context, d transport.Delivery) transport.Verdict {
		got <- d.ID
		return transport.Ack()
	})
	for range 3 {
		if n := take(t, m.requests); n != 4 {
			t.Errorf("%d messages were asked for, want 4", n)
		}
	}
	m.publish(t, "1", "2", "3", "4", "5")
	for range 5 {
		take(t, got)
	}
}

// While handlers are busy, there is a request for as many as are free; when all
// are, none.
func TestRequestsAreForFreeHandlers(t *testing.T) {
	t.Parallel()
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 4})
	got, release := make(chan string, 10), make(chan struct{})
	m.start(t, func(_ context.Context, d transport.Delivery) transport.Verdict {
		got <- d.ID
		<-release
		return transport.Ack()
	})
	if n := take(t, m.requests); n != 4 {
		t.Errorf("%d messages were asked for, want 4", n)
	}
	m.publish(t, "1", "2", "3", "4", "5", "6")
	for range 4 {
		take(t, got)
	}
	select {
	case n := <-m.requests:
		t.Errorf("while all handlers were busy, %d more messages were asked for", n)
	default:
	}
	release <- struct{}{} // one is free
	if n := take(t, m.requests); n != 1 {
		t.Errorf("%d messages were asked for, want 1", n)
	}
	take(t, got)
	close(release)
	take(t, got)
}

// Where messages come fast, one request is for many of them.
func TestOneRequestForMany(t *testing.T) {
	t.Parallel()
	const n, limit = 5000, 100
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: limit})
	m.publishMany(t, n)
	var handled sync.WaitGroup
	handled.Add(n)
	m.start(t, func(context.Context, transport.Delivery) transport.Verdict {
		handled.Done()
		return transport.Ack()
	})
	handled.Wait()
	requests, asked := 0, 0
	for asked < n {
		asked += take(t, m.requests)
		requests++
	}
	if requests > n/10 {
		t.Errorf("there were %d requests for %d messages", requests, n)
	}
}

// When a subscription has ended, the server has dealt with what its handlers have
// done, and not only received it: none of it comes again, also where the server
// is stopped at once.
func TestTheServerHasDealtWithAllAtTheEnd(t *testing.T) {
	t.Parallel()
	const n = 5000
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: n})
	m.publishMany(t, n)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var begun atomic.Int32
	if err := m.Subscribe(ctx, m.subscription, func(context.Context, transport.Delivery) transport.Verdict {
		if begun.Add(1) == n {
			stop()
		}
		<-ctx.Done() // so that all are done at the same moment
		return transport.Ack()
	}); err != nil {
		t.Fatal(err)
	}
	c, err := m.js.Consumer(t.Context(), m.stream, m.consumer)
	if err != nil {
		t.Fatal(err)
	}
	if left := c.CachedInfo().NumAckPending; left > 0 {
		t.Errorf("%d of %d messages would come again", left, n)
	}
}

// A temporary receiver that makes its consumer anew finds the one that is still
// there, with what came meanwhile.
func TestTemporaryConsumerIsFoundAgain(t *testing.T) {
	t.Parallel()
	x, url, prefix := connected(t)
	conn := rawClient(t, url).Conn()
	requests := make(chan string, 10)
	if _, err := conn.Subscribe("$JS.API.CONSUMER.MSG.NEXT."+strings.ToUpper(prefix)+".*", func(r *natsgo.Msg) { requests <- r.Reply }); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	m := &monitored{Transport: x, subscription: transport.Subscription{Event: "order.placed"}}
	got := make(chan string, 10)
	m.start(t, func(_ context.Context, d transport.Delivery) transport.Verdict {
		got <- d.ID
		return transport.Ack()
	})
	if err := conn.PublishMsg(&natsgo.Msg{Subject: take(t, requests), Header: natsgo.Header{"Status": {"409"}}}); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	m.publish(t, "1")
	if id := take(t, got); id != "1" {
		t.Errorf("got %s", id)
	}
}

// guarded is a server of its own that wants a password, with a transport that
// has it, and a subscription that is under way.
type guarded struct {
	*natsevents.Transport
	server  *server.Server
	refused chan struct{} // holds one for each time that the client is refused
	got     chan string   // the IDs
	ended   chan error    // how the subscription ends
}

func newGuarded(t *testing.T, options ...natsevents.Option) *guarded {
	t.Helper()
	g := &guarded{refused: make(chan struct{}, 100), got: make(chan string, 10), ended: make(chan error, 1)}
	g.serve(t, server.RANDOM_PORT, t.TempDir(), "old")
	t.Cleanup(g.shutDown)
	client := natsevents.Client(natsgo.UserInfo("ann", "old"), natsgo.ReconnectWait(time.Millisecond), natsgo.ReconnectJitter(0, 0),
		natsgo.ErrorHandler(func(_ *natsgo.Conn, _ *natsgo.Subscription, err error) {
			if errors.Is(err, natsgo.ErrAuthorization) {
				select {
				case g.refused <- struct{}{}:
				default:
				}
			}
		}))
	var err error
	if g.Transport, err = connect(g.server.ClientURL(), append([]natsevents.Option{client, natsevents.Logger(slog.New(slog.DiscardHandler))}, options...)...); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var subscription sync.WaitGroup
	t.Cleanup(func() { stop(); subscription.Wait(); g.Close() })
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := g.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	subscription.Go(func() {
		g.ended <- g.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			g.got <- d.ID
			return transport.Ack()
		})
	})
	g.receives(t)
	return g
}

// receives publishes an event, and waits for it.
func (g *guarded) receives(t *testing.T) {
	t.Helper()
	id := rand.Text()
	if err := g.Publish(t.Context(), transport.Message{ID: id, Event: "order.placed"}); err != nil {
		t.Fatal(err)
	}
	if got := take(t, g.got); got != id {
		t.Errorf("got %s", got)
	}
}

func (g *guarded) serve(t *testing.T, port int, directory, password string) {
	t.Helper()
	var err error
	if g.server, err = server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: directory, NoSigs: true, NoLog: true, Username: "ann", Password: password,
	}); err != nil {
		t.Fatal(err)
	}
	g.server.Start()
	if !g.server.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
}

func (g *guarded) shutDown() {
	g.server.Shutdown()
	g.server.WaitForShutdown()
}

// setPassword starts the server anew.
func (g *guarded) setPassword(t *testing.T, password string) {
	t.Helper()
	port, directory := g.server.Addr().(*net.TCPAddr).Port, filepath.Dir(g.server.JetStreamConfig().StoreDir)
	g.shutDown()
	g.serve(t, port, directory, password)
}

// A receiver goes on after the server has refused its credentials for a while.
func TestRefusedForAWhile(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.setPassword(t, "new")
	for range 4 {
		take(t, g.refused)
	}
	g.setPassword(t, "old")
	g.receives(t)
}

// A subscription ends with an error where the client gives up.
func TestConnectionClosedForGood(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, natsevents.Client(natsgo.MaxReconnects(1)))
	g.shutDown()
	if err := take(t, g.ended); !errors.Is(err, natsgo.ErrNoServers) || !strings.Contains(err.Error(), "receiving event order.placed: the connection is closed for good") {
		t.Errorf("got %v", err)
	}
}

// A message that is asked for again comes when it should, also where that was
// the last that its subscription did.
func TestRetryAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ after, ackWait time.Duration }{
		"soon":  {0, time.Hour},
		"later": {time.Hour, 2 * time.Second}, // long enough for a busy machine to answer within it
	} {
		t.Run(name, func(t *testing.T) {
			m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 2}, natsevents.AckWait(tt.ackWait))
			m.publish(t, "1")
			receive(t, m.Transport, m.subscription, 1, transport.Retry(tt.after, "not now"))
			got := make(chan string, 10)
			m.start(t, func(_ context.Context, d transport.Delivery) transport.Verdict {
				got <- fmt.Sprint(d.ID, "/", d.Attempt)
				if d.ID == "2" && d.Attempt == 1 {
					return transport.Retry(2*tt.ackWait, "when 1 must not have come")
				}
				return transport.Ack()
			})
			want := []string{"1/"} // by whichever attempt: the first subscription may leave late
			if tt.after > 0 {
				m.publish(t, "2")
				want = []string{"2/1", "2/2"}
			}
			for _, want := range want {
				if came := take(t, got); !strings.HasPrefix(came, want) {
					t.Errorf("%s came, want %s", came, want)
				}
			}
		})
	}
}

// A message that is rejected becomes a dead letter also where its subscription
// ends meanwhile.
func TestRejectAtTheEnd(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	keep(t, x, s, "1")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if err := x.Subscribe(ctx, s, func(context.Context, transport.Delivery) transport.Verdict {
		stop()
		return transport.Reject("no")
	}); err != nil {
		t.Fatal(err)
	}
	var reasons []string
	if _, err := x.EachDeadLetter(t.Context(), s.Event, s.Key, func(l transport.DeadLetter) transport.Disposal {
		reasons = append(reasons, l.Reason)
		return transport.Keep
	}); err != nil || !slices.Equal(reasons, []string{"no"}) {
		t.Errorf("dead letters with the reasons %q, %v", reasons, err)
	}
}
