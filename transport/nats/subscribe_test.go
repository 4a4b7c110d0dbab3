package nats_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/nats"
)

// monitored is a transport over the cluster, with a client that sees what it
// requests from the consumer of a subscription.
type monitored struct {
	*nats.Transport
	subscription transport.Subscription
	js           jetstream.JetStream
	stream       string
	consumer     string
	requests     chan int // how many messages were asked for
}

func newMonitored(t *testing.T, s transport.Subscription, options ...nats.Option) *monitored {
	t.Helper()
	url := cluster(t)
	prefix := "pull" + strings.ToLower(transport.NewID()[:8])
	x, err := nats.Connect(url, append(options, nats.Prefix(prefix))...)
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
				m.publish(t, transport.NewID())
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
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"}, nats.Heartbeat(100*time.Millisecond))
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
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 4}, nats.Heartbeat(100*time.Millisecond))
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
