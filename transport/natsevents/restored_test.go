package natsevents_test

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// A server comes back without its store while a publisher and a receiver are alive: both
// go on, and each says once what was lost.
func TestServerReturnsWithoutStore(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	srv, stop := startServer(t, directory, server.RANDOM_PORT)
	open := func(log *records) *natsevents.Transport {
		t.Helper()
		x, err := connect(srv.ClientURL(), log.option(), natsevents.Heartbeat(100*time.Millisecond), natsevents.Client(natsgo.ReconnectWait(10*time.Millisecond)))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(x.Close)
		return x
	}
	var publishers, receivers records
	publisher, receiver := open(&publishers), open(&receivers)
	for _, key := range []string{mail.Key, "audit"} {
		if err := publisher.Declare(t.Context(), transport.Subscription{Event: mail.Event, Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, end := context.WithCancel(t.Context())
	var handled sync.Map
	ended := make(chan error, 1)
	go func() {
		ended <- receiver.Subscribe(ctx, mail, func(_ context.Context, d transport.Delivery) transport.Verdict {
			handled.Store(d.ID, true)
			return transport.Ack()
		})
	}()
	publish := func(id string) {
		t.Helper()
		until(t, func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return publisher.Publish(ctx, transport.Message{ID: id, Event: mail.Event}) == nil
		})
		until(t, func() bool { _, ok := handled.Load(id); return ok })
	}
	publish("before")
	stop()
	if err := os.RemoveAll(directory); err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(srv.ClientURL(), "nats://"))
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	startServer(t, directory, number)
	publish("after")
	publish("before") // the server has forgotten its ID
	until(t, func() bool { return strings.Contains(receivers.String(), "consumers=[order.placed/mail]") })
	for who, want := range map[*records]string{&publishers: "consumers=\"[order.placed/audit order.placed/mail]\"", &receivers: "consumers=[order.placed/mail]"} {
		if text := who.String(); strings.Count(text, "had lost streams") != 1 || !strings.Contains(text, want) {
			t.Errorf("logged is, without %s,\n%s", want, text)
		}
	}
	if text := publishers.String() + receivers.String(); !strings.Contains(text, `streams="[ROLLCALL ROLLCALL_DEAD]"`) {
		t.Errorf("nobody says which streams were lost:\n%s", text)
	}
	for _, d := range receive(t, publisher, transport.Subscription{Event: mail.Event, Key: "audit"}, 2, transport.Ack()) {
		if d.ID != "after" && d.ID != "before" {
			t.Errorf("got %s", d.ID)
		}
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A lone receiver makes what it needs again, without a publisher.
func TestReceiverRestoresStreams(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, url string) {
		var log records
		x, prefix := opened(t, url, log.option(), natsevents.Heartbeat(100*time.Millisecond))
		js := rawClient(t, url)
		if err := x.Declare(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithCancel(t.Context())
		ended, handled := make(chan error, 1), make(chan string, 10)
		go func() {
			ended <- x.Subscribe(ctx, mail, func(_ context.Context, d transport.Delivery) transport.Verdict {
				handled <- d.ID
				return transport.Ack()
			})
		}()
		publish := func(id string) {
			t.Helper()
			if err := x.Publish(t.Context(), transport.Message{ID: id, Event: mail.Event}); err != nil {
				t.Error(err)
			}
			if got := take(t, handled); got != id {
				t.Errorf("got %s, not %s", got, id)
			}
		}
		publish("before") // the receiver is there
		for _, name := range []string{strings.ToUpper(prefix) + "_DEAD", strings.ToUpper(prefix)} {
			if err := js.DeleteStream(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		until(t, func() bool { return strings.Contains(log.String(), "consumers=[order.placed/mail]") })
		publish("after")
		end()
		if err := take(t, ended); err != nil {
			t.Error(err)
		}
	})
}
