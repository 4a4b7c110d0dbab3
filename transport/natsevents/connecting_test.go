package natsevents_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// onWrite calls a function when something is logged.
type onWrite func()

func (f onWrite) Write(p []byte) (int, error) { f(); return len(p), nil }

// disconnected is a transport whose servers can't be reached, with a context that ends
// when an attempt has failed.
func disconnected(t *testing.T, servers string, options ...natsevents.Option) (*natsevents.Transport, context.Context) {
	t.Helper()
	failed, fail := context.WithCancel(t.Context())
	x, err := natsevents.Connect(servers, append(options, natsevents.Logger(slog.New(slog.NewTextHandler(onWrite(fail), nil))),
		natsevents.Client(natsgo.ReconnectWait(time.Millisecond), natsgo.ReconnectJitter(0, 0)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close(); fail() })
	return x, failed
}

// freePort is one that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Without a server, calls wait for the connection until their context ends, and then name
// the address and the reason.
func TestWithoutServer(t *testing.T) {
	t.Parallel()
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	for name, call := range map[string]func(context.Context, *natsevents.Transport) error{
		"await":   func(ctx context.Context, x *natsevents.Transport) error { return x.AwaitConnection(ctx) },
		"declare": func(ctx context.Context, x *natsevents.Transport) error { return x.Declare(ctx, s) },
		"publish": func(ctx context.Context, x *natsevents.Transport) error {
			return x.Publish(ctx, transport.Message{ID: "1", Event: s.Event})
		},
		"letters": func(ctx context.Context, x *natsevents.Transport) error {
			_, err := x.EachDeadLetter(ctx, s.Event, s.Key, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, failed := disconnected(t, "nats://ann:s3cret@127.0.0.1:1")
			err := call(failed, x)
			if !errors.Is(err, context.Canceled) || !errors.Is(err, natsgo.ErrNoServers) ||
				!strings.Contains(err.Error(), "there is no connection to NATS at 127.0.0.1:1 (the last attempt: ") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v", err)
			}
		})
	}
	x, failed := disconnected(t, "nats://127.0.0.1:1")
	if err := x.Subscribe(failed, s, nil); err != nil {
		t.Errorf("the subscription ended with %v", err)
	}
}

// What waits for the connection goes on when the server comes.
func TestServerComesLater(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	g := &guarded{got: make(chan string, 1)}
	x, failed := disconnected(t, "nats://ann:old@127.0.0.1:"+strconv.Itoa(port))
	g.Transport = x
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	var calls sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(func() { stop(); calls.Wait() })
	calls.Go(func() {
		if err := x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			g.got <- d.ID
			return transport.Ack()
		}); err != nil {
			t.Error(err)
		}
	})
	published := make(chan error, 1)
	calls.Go(func() {
		err := x.Declare(ctx, s)
		published <- errors.Join(err, x.Publish(ctx, transport.Message{ID: "1", Event: s.Event}))
	})
	<-failed.Done()
	g.serve(t, port, t.TempDir(), "old")
	t.Cleanup(g.shutDown)
	if err := take(t, published); err != nil {
		t.Error(err)
	}
	if id := take(t, g.got); id != "1" {
		t.Errorf("got %s", id)
	}
	if err := x.AwaitConnection(ctx); err != nil {
		t.Error(err)
	}
}

// Close ends all waits.
func TestCloseWithoutServer(t *testing.T) {
	t.Parallel()
	x, failed := disconnected(t, "nats://127.0.0.1:1")
	<-failed.Done()
	x.Close()
	for _, err := range []error{x.AwaitConnection(t.Context()), x.Publish(t.Context(), transport.Message{ID: "1", Event: "order.placed"})} {
		if !errors.Is(err, natsgo.ErrConnectionClosed) {
			t.Errorf("got %v", err)
		}
	}
}

// While a lost connection is not restored, errors say so.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	lost := make(chan error, 1)
	g := newGuarded(t, natsevents.Client(natsgo.DisconnectErrHandler(func(_ *natsgo.Conn, err error) { lost <- err })))
	g.shutDown()
	take(t, lost)
	for name, limit := range map[string]time.Duration{"after a while": 100 * time.Millisecond, "before it begins": 0} {
		for _, call := range []func(context.Context) error{g.AwaitConnection, func(ctx context.Context) error {
			return g.Publish(ctx, transport.Message{ID: "1", Event: "order.placed"})
		}} {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			err := call(ctx)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "there is no connection to NATS at 127.0.0.1:") {
				t.Errorf("a context that ends %s: got %v", name, err)
			}
		}
	}
}

// A connection that is lost is logged, and one that is restored.
func TestConnectionIsLogged(t *testing.T) {
	t.Parallel()
	log := &records{}
	again := make(chan struct{}, 1)
	g := newGuarded(t, log.option(), natsevents.Client(natsgo.ReconnectHandler(func(*natsgo.Conn) { again <- struct{}{} })))
	if text := log.String(); text != "" {
		t.Error(text)
	}
	g.setPassword(t, "new")
	take(t, g.refused)
	g.setPassword(t, "old")
	take(t, again)
	for _, want := range []string{`level=WARN msg="there is no connection to NATS: events are not published and not received" address=127.0.0.1:`,
		`failed=1 reason=`, `level=INFO msg="connected to NATS" address=127.0.0.1:`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has %s, want %s", log, want)
		}
	}
}

// A stream of somebody else is an error at once, whatever time there is.
func TestStreamOfAnotherIsFinal(t *testing.T) {
	t.Parallel()
	_, url, prefix := connected(t)
	x, err := natsevents.Connect(url, natsevents.Prefix(strings.ToUpper(prefix)))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	err = x.Subscribe(context.Background(), transport.Subscription{Event: "order.placed", Key: "mail"}, nil)
	if err == nil || !strings.Contains(err.Error(), "receiving event order.placed: connecting to NATS at 127.0.0.1:4222: there is a stream") {
		t.Errorf("got %v", err)
	}
}

// A bad option of the client is an error of Connect.
func TestBadClientOption(t *testing.T) {
	t.Parallel()
	if _, err := natsevents.Connect("", natsevents.Client(natsgo.RootCAs("missing.pem"))); err == nil || !strings.Contains(err.Error(), "the options of the NATS client") {
		t.Errorf("got %v", err)
	}
}
