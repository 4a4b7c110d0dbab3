package natsevents_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

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
	startServer(t, directory, portOf(t, srv))
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

// What was deleted is made again only after a pause, in which the server removes the
// files. This test ends the pause itself, after it has seen that nothing is there yet.
func TestPauseBeforeWhatWasDeleted(t *testing.T) {
	t.Parallel()
	srv, _ := startServer(t, t.TempDir(), server.RANDOM_PORT)
	declare := func(ctx context.Context, p *pausing) error { return p.Declare(ctx, mail) }
	publish := func(ctx context.Context, p *pausing) error {
		return p.Publish(ctx, transport.Message{ID: "1", Event: mail.Event})
	}
	subscribe := func(key string) func(context.Context, *pausing) error {
		return func(ctx context.Context, p *pausing) error {
			return p.Subscribe(ctx, transport.Subscription{Event: mail.Event, Key: key}, p.handle)
		}
	}
	for name, tt := range map[string]struct {
		receiver func(context.Context, *pausing) error // runs already, or nil if there is only a declaration
		stream   bool                                  // whether the stream is deleted, or else its consumers
		call     func(context.Context, *pausing) error // misses what was deleted; nil if the receiver does
	}{
		"stream, missed by a publisher":            {stream: true, call: publish},
		"stream, missed by its receiver":           {stream: true, receiver: subscribe(mail.Key)},
		"consumer, missed by a publisher":          {call: publish},
		"consumer, missed by a declaration":        {call: declare},
		"consumer, missed by a new receiver":       {call: subscribe(mail.Key)},
		"consumer, missed by its receiver":         {receiver: subscribe(mail.Key)},
		"consumer, missed by a temporary receiver": {receiver: subscribe("")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPausing(t, srv.ClientURL())
			if tt.receiver == nil {
				if err := p.Declare(t.Context(), mail); err != nil {
					t.Fatal(err)
				}
			} else {
				p.start(t, tt.receiver)
				until(t, func() bool { return p.consumers(t) == 1 })
				if err := p.Publish(t.Context(), transport.Message{ID: "0", Event: mail.Event}); err != nil {
					t.Fatal(err)
				}
				take(t, p.handled)
			}
			if tt.stream {
				deleteStream(t, p.js, p.prefix)
			} else {
				deleteConsumers(t, p.js, p.prefix)
			}
			if tt.call != nil {
				p.start(t, tt.call)
			}
			take(t, p.begun)
			if n := p.consumers(t); n != 0 {
				t.Errorf("in the pause, there are %d consumers", n)
			}
			if _, err := p.js.Stream(t.Context(), strings.ToUpper(p.prefix)); tt.stream != errors.Is(err, jetstream.ErrStreamNotFound) {
				t.Errorf("in the pause, asking for the stream returns %v", err)
			}
			close(p.over)
			until(t, func() bool { return p.consumers(t) == 1 })
		})
	}
}

// A server drops an event for want of a consumer, and confirms it after the publisher has
// given up. The publisher tries again until the event is kept.
func TestDroppedEventIsConfirmedLate(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, url string) {
		x, prefix := opened(t, url, (&records{}).option())
		js := rawClient(t, url)
		if err := x.Declare(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		arrived := make(chan *natsgo.Msg, 100)
		if _, err := js.Conn().ChanSubscribe(prefix+".event."+mail.Event, arrived); err != nil {
			t.Fatal(err)
		}
		if err := js.Conn().Flush(); err != nil {
			t.Fatal(err)
		}
		deleteConsumers(t, js, prefix)
		publish := func(ctx context.Context) error {
			return x.Publish(ctx, transport.Message{ID: "1", Event: mail.Event})
		}
		impatient, giveUp := context.WithCancel(t.Context())
		go func() { <-arrived; giveUp() }()
		_ = publish(impatient) // the confirmation may come first
		until(t, func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
			defer cancel()
			return publish(ctx) == nil
		})
		receive(t, x, mail, 1, transport.Ack())
	})
}

// The connection is lost while a publisher makes something again. It publishes when there
// is a connection again.
func TestConnectionLostWhileRestoring(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(*testing.T, jetstream.JetStream, string){"stream": deleteStream, "consumers": deleteConsumers} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			directory := t.TempDir()
			srv, stop := startServer(t, directory, server.RANDOM_PORT)
			p := newPausing(t, srv.ClientURL(), natsevents.Client(natsgo.ReconnectWait(10*time.Millisecond)))
			if err := p.Declare(t.Context(), mail); err != nil {
				t.Fatal(err)
			}
			remove(t, p.js, p.prefix)
			published := make(chan error, 1)
			go func() { published <- p.Publish(t.Context(), transport.Message{ID: "1", Event: mail.Event}) }()
			take(t, p.begun)
			stop()
			startServer(t, directory, portOf(t, srv))
			close(p.over)
			if err := take(t, published); err != nil {
				t.Error(err)
			}
			p.start(t, func(ctx context.Context, p *pausing) error { return p.Subscribe(ctx, mail, p.handle) })
			take(t, p.handled) // perhaps again: a consumer that is made again may have missed it
		})
	}
}

// pausing is a transport, and the pauses that it makes, which a test ends.
type pausing struct {
	*natsevents.Transport
	prefix  string
	js      jetstream.JetStream
	handled chan string
	begun   chan struct{} // gets a value at the beginning of each
	over    chan struct{} // closed to end all
}

func newPausing(t *testing.T, url string, options ...natsevents.Option) *pausing {
	t.Helper()
	p := &pausing{prefix: "pausing" + strings.ToLower(rand.Text()[:8]), js: rawClient(t, url), handled: make(chan string, 10), begun: make(chan struct{}, 10), over: make(chan struct{})}
	var err error
	p.Transport, err = connect(url, append(options, natsevents.Prefix(p.prefix), natsevents.AwaitRemoval(p.wait), natsevents.Heartbeat(100*time.Millisecond), (&records{}).option())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func (p *pausing) wait(ctx context.Context) {
	p.begun <- struct{}{}
	select {
	case <-p.over:
	case <-ctx.Done():
	}
}

func (p *pausing) handle(_ context.Context, d transport.Delivery) transport.Verdict {
	p.handled <- d.ID
	return transport.Ack()
}

// start makes a call, which lasts until the end of the test at most.
func (p *pausing) start(t *testing.T, call func(context.Context, *pausing) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := call(ctx, p); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
}

// consumers counts the consumers of the event stream: none if it does not exist.
func (p *pausing) consumers(t *testing.T) (n int) {
	t.Helper()
	stream, err := p.js.Stream(t.Context(), strings.ToUpper(p.prefix))
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Fatal(err)
	}
	if err == nil {
		n = stream.CachedInfo().State.Consumers
	}
	return n
}

// deleteStream deletes the event stream.
func deleteStream(t *testing.T, js jetstream.JetStream, prefix string) {
	t.Helper()
	if err := js.DeleteStream(t.Context(), strings.ToUpper(prefix)); err != nil {
		t.Fatal(err)
	}
}
