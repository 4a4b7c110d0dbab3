package natsevents_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
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

// startServer starts a server with JetStream. A test that stops it calls stop itself.
func startServer(t *testing.T, directory string, port int) (srv *server.Server, stop func()) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: directory, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	stop = sync.OnceFunc(func() { srv.Shutdown(); srv.WaitForShutdown() })
	t.Cleanup(stop)
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	return srv, stop
}

// portOf returns the port of a server, for another one after it.
func portOf(t *testing.T, srv *server.Server) int {
	t.Helper()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(srv.ClientURL(), "nats://"))
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// flow publishes events without end, and counts what was confirmed.
type flow struct {
	t         *testing.T
	publisher *natsevents.Transport
	event     string
	round     atomic.Int64 // part of the IDs; each begins when a consumer was deleted
	last      atomic.Int64
	confirmed sync.Map // by ID
	count     atomic.Int64
}

// start publishes until the returned function is called.
func (f *flow) start() (stop func()) {
	ctx, cancel := context.WithCancel(f.t.Context())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for ctx.Err() == nil {
				id := fmt.Sprintf("%d-%d", f.round.Load(), f.last.Add(1))
				if err := f.publisher.Publish(f.t.Context(), transport.Message{ID: id, Event: f.event}); err != nil {
					f.t.Error(err)
					return
				}
				f.confirmed.Store(id, true)
				f.count.Add(1)
			}
		})
	}
	return sync.OnceFunc(func() { cancel(); all.Wait() })
}

// some waits until more events are confirmed.
func (f *flow) some() {
	f.t.Helper()
	until(f.t, func(from int64) func() bool { return func() bool { return f.count.Load() >= from+50 } }(f.count.Load()))
}

// owed returns the confirmed events whose publication began after a round had begun.
func (f *flow) owed(round int64) map[string]bool {
	owed := map[string]bool{}
	f.confirmed.Range(func(id, _ any) bool {
		if strings.HasPrefix(id.(string), fmt.Sprint(round, "-")) {
			owed[id.(string)] = true
		}
		return true
	})
	return owed
}

// until waits for a condition.
func until(t *testing.T, holds func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("waited for nothing")
		}
	}
}

// eachServer runs a test with the shared server and with one of the newest version.
func eachServer(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		test(t, cluster(t))
	})
	t.Run("in process", func(t *testing.T) {
		t.Parallel()
		srv, _ := startServer(t, t.TempDir(), server.RANDOM_PORT)
		test(t, srv.ClientURL())
	})
}

// opened is a transport over a server, of a prefix that nobody else has.
func opened(t *testing.T, url string, options ...natsevents.Option) (x *natsevents.Transport, prefix string) {
	t.Helper()
	prefix = "keep" + strings.ToLower(rand.Text()[:8])
	x, err := connect(url, append(options, natsevents.Prefix(prefix))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close(); deletePrefix(t, url, prefix) })
	return x, prefix
}

// deleteConsumers deletes all consumers of a stream.
func deleteConsumers(t *testing.T, js jetstream.JetStream, prefix string) {
	t.Helper()
	stream, err := js.Stream(t.Context(), strings.ToUpper(prefix))
	if err != nil {
		t.Fatal(err)
	}
	names := stream.ConsumerNames(t.Context())
	for name := range names.Name() {
		var said *jetstream.APIError // an old server complains of files, and has deleted it nevertheless
		if err := stream.DeleteConsumer(t.Context(), name); err != nil && !(errors.As(err, &said) && said.ErrorCode == 10051) {
			t.Fatal(err)
		}
	}
	if err := names.Err(); err != nil {
		t.Fatal(err)
	}
}

var mail = transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 4}

// A consumer is deleted while its only publisher goes on: what is published from then on
// is kept for the receiver, or not confirmed.
func TestConsumerDeletedUnderPublisher(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, url string) {
		var log records
		x, prefix := opened(t, url, log.option())
		js := rawClient(t, url)
		if err := x.Declare(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		f := &flow{t: t, publisher: x, event: mail.Event}
		stop := f.start()
		defer stop()
		const deletions = 5
		for range deletions {
			f.some()
			deleteConsumers(t, js, prefix)
			f.round.Add(1)
		}
		f.some()
		stop()
		owed := f.owed(deletions)
		if len(owed) == 0 {
			t.Fatal("nothing was confirmed, so nothing is proved")
		}
		receiveAll(t, x, mail, func(d transport.Delivery) { delete(owed, d.ID) })
		if len(owed) > 0 {
			t.Errorf("%d confirmed events were never handled", len(owed))
		}
		if text := log.String(); strings.Count(text, "level=WARN") != deletions || !strings.Contains(text, "streams=[] consumers=[order.placed/mail]") {
			t.Errorf("logged is\n%s", text)
		}
	})
}

// The same under a receiver that goes on, in another process.
func TestConsumerDeletedUnderReceiver(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, url string) {
		x, prefix := opened(t, url, (&records{}).option())
		js := rawClient(t, url)
		if err := x.Declare(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		worker, err := connect(url, natsevents.Prefix(prefix), natsevents.Heartbeat(100*time.Millisecond), (&records{}).option())
		if err != nil {
			t.Fatal(err)
		}
		var handled sync.Map
		ctx, end := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- worker.Subscribe(ctx, mail, func(_ context.Context, d transport.Delivery) transport.Verdict {
				handled.Store(d.ID, true)
				return transport.Ack()
			})
		}()
		defer func() {
			end()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			worker.Close()
		}()
		f := &flow{t: t, publisher: x, event: mail.Event}
		for round := range int64(5) {
			stop := f.start()
			f.some()
			deleteConsumers(t, js, prefix)
			f.round.Add(1)
			f.some()
			stop()
			owed := f.owed(round + 1)
			until(t, func() bool {
				for id := range owed {
					if _, ok := handled.Load(id); ok {
						delete(owed, id)
					}
				}
				return len(owed) == 0
			})
		}
	})
}

// A confirmation that the server gave while there was no consumer is not one: the message
// is published again, with another ID for the server, because that knows the first.
func TestConfirmedWithoutConsumer(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"consumer deleted": false, "consumer made again by another process": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, sent, client := unanswered(t)
			js, err := jetstream.New(client)
			if err != nil {
				t.Fatal(err)
			}
			if err := x.Declare(t.Context(), mail); err != nil {
				t.Fatal(err)
			}
			published := make(chan error, 1)
			go func() { published <- x.Publish(t.Context(), transport.Message{ID: "1", Event: mail.Event}) }()
			first := take(t, sent)
			prefix, _, _ := strings.Cut(first.Subject, ".")
			deleteConsumers(t, js, prefix)
			if again {
				other, err := connect("nats://"+address, natsevents.Prefix(prefix))
				if err != nil {
					t.Fatal(err)
				}
				defer other.Close()
				if err := other.Declare(t.Context(), mail); err != nil {
					t.Fatal(err)
				}
			}
			confirm(t, client, first)
			second := take(t, sent)
			if second.Header.Get("ce-id") != "1" || second.Header.Get("Nats-Msg-Id") == first.Header.Get("Nats-Msg-Id") {
				t.Errorf("got %v after %v", second.Header, first.Header)
			}
			select {
			case err := <-published:
				t.Errorf("the first confirmation counts: %v", err)
			default:
			}
			confirm(t, client, second)
			if err := take(t, published); err != nil {
				t.Error(err)
			}
		})
	}
}

// confirm answers a message as the server does.
func confirm(t *testing.T, client *natsgo.Conn, m *natsgo.Msg) {
	t.Helper()
	if err := client.Publish(m.Reply, []byte(`{"stream":"ROLLCALL", "seq":7}`)); err != nil {
		t.Fatal(err)
	}
}

// An ID that was confirmed while there was no consumer may be published again by the
// next process, which declares its receiver first.
func TestPublishedAgainAfterLoss(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, url string) {
		first, prefix := opened(t, url) // declares nothing: its event is confirmed and dropped
		m := transport.Message{ID: "1", Event: mail.Event}
		if err := first.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		next, err := connect(url, natsevents.Prefix(prefix))
		if err != nil {
			t.Fatal(err)
		}
		defer next.Close()
		if err := next.Declare(t.Context(), mail); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second is a duplicate
			if err := next.Publish(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if err := next.Publish(t.Context(), transport.Message{ID: "2", Event: mail.Event}); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, next, transport.Subscription{Event: mail.Event, Key: mail.Key}, 2, transport.Ack()); got[0].ID != "1" || got[1].ID != "2" {
			t.Errorf("got %s and %s", got[0].ID, got[1].ID)
		}
	})
}
