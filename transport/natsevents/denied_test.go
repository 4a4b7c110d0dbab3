package natsevents_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// permitted is the URL of a server of its own, with a user ann that has permissions.
func permitted(t *testing.T, p *server.Permissions) string {
	t.Helper()
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		Users: []*server.User{{Username: "ann", Password: "x", Permissions: p}},
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	return srv.ClientURL()
}

// deny is the permission for everything but some subjects to publish to.
func deny(subjects ...string) *server.Permissions {
	return &server.Permissions{Publish: &server.SubjectPermission{Deny: subjects}}
}

// records is a log that a test can read.
type records struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (r *records) option() natsevents.Option {
	return natsevents.Logger(slog.New(slog.NewTextHandler(r, nil)))
}

func asAnn(t *testing.T, url string, options ...natsevents.Option) (*natsevents.Transport, *records) {
	t.Helper()
	log := &records{}
	x, err := connect(url, append(options, natsevents.Client(natsgo.UserInfo("ann", "x")), log.option())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x, log
}

// saysDenied checks that an error and the log name what is denied and what to add.
func saysDenied(t *testing.T, err error, log *records, verb, subject, permission string) {
	t.Helper()
	says := "the server denies this user to " + verb + " to " + subject
	if !errors.Is(err, natsgo.ErrPermissionViolation) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "add the permission to "+verb+" to "+permission+";") {
		t.Errorf("got %v", err)
	}
	if got := log.String(); !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "subject="+subject) || !strings.Contains(got, "permission="+permission) {
		t.Errorf("the log has %q", got)
	}
}

// A subscription ends if the server denies what it needs. Otherwise it would wait for
// ever, or handle each event again and again.
func TestDeniedWhileReceiving(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ denied, subject, permission string }{
		{"$JS.API.CONSUMER.MSG.NEXT.>", "$JS.API.CONSUMER.MSG.NEXT.ROLLCALL.order_placed-mail-", "$JS.API.CONSUMER.MSG.NEXT.ROLLCALL.>"},
		{"$JS.ACK.>", "$JS.ACK.ROLLCALL.order_placed-mail-", "$JS.ACK.>"},
		{"rollcall.dead.>", "rollcall.dead.order_placed-mail-", "rollcall.dead.>"},
	} {
		t.Run(tt.denied, func(t *testing.T) {
			t.Parallel()
			x, log := asAnn(t, permitted(t, deny(tt.denied)))
			s := transport.Subscription{Event: "order.placed", Key: "mail"}
			keep(t, x, s, "1")
			handled := 0
			err := x.Subscribe(t.Context(), s, func(context.Context, transport.Delivery) transport.Verdict {
				handled++
				if tt.denied == "rollcall.dead.>" {
					return transport.Reject("no")
				}
				return transport.Ack()
			})
			saysDenied(t, err, log, "publish", tt.subject, tt.permission)
			if handled > 1 {
				t.Errorf("the event was handled %d times", handled)
			}
		})
	}
}

// A consumer that the server does not permit is an error at once.
func TestDeniedConsumer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		verb string
		call func(*natsevents.Transport, transport.Subscription) error
	}{
		{"INFO", func(x *natsevents.Transport, s transport.Subscription) error {
			return x.Declare(context.Background(), s)
		}},
		{"CREATE", func(x *natsevents.Transport, s transport.Subscription) error {
			return x.Declare(context.Background(), s)
		}},
		{"CREATE", func(x *natsevents.Transport, s transport.Subscription) error {
			return x.Subscribe(context.Background(), s, nil)
		}},
	} {
		t.Run(tt.verb, func(t *testing.T) {
			t.Parallel()
			x, log := asAnn(t, permitted(t, deny("$JS.API.CONSUMER."+tt.verb+".>")))
			err := tt.call(x, transport.Subscription{Event: "order.placed", Key: "mail"})
			saysDenied(t, err, log, "publish", "$JS.API.CONSUMER."+tt.verb+".ROLLCALL.order_placed-mail-", "$JS.API.CONSUMER."+tt.verb+".ROLLCALL.>")
		})
	}
}

// Publish returns at once, whatever time it has.
func TestDeniedPublish(t *testing.T) {
	t.Parallel()
	x, log := asAnn(t, permitted(t, deny("rollcall.event.order.placed")))
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for range 3 {
		err := x.Publish(ctx, transport.Message{ID: "1", Event: "order.placed"})
		saysDenied(t, err, log, "publish", "rollcall.event.order.placed", "rollcall.event.>")
	}
	if n := strings.Count(log.String(), "level="); n != 1 {
		t.Errorf("there are %d records of one permission", n)
	}
	if err := x.Publish(ctx, transport.Message{ID: "2", Event: "order.paid"}); err != nil {
		t.Error(err)
	}
}

// Without an inbox, no reply of the server arrives.
func TestDeniedInbox(t *testing.T) {
	t.Parallel()
	url := permitted(t, &server.Permissions{Subscribe: &server.SubjectPermission{Deny: []string{"_INBOX.>"}}})
	log := &records{}
	_, err := connect(url, natsevents.Client(natsgo.UserInfo("ann", "x")), log.option())
	saysDenied(t, err, log, "subscribe", "_INBOX.", "_INBOX.>")
}

// The client's handlers are called as before.
func TestOwnErrorHandler(t *testing.T) {
	t.Parallel()
	heard := make(chan error, 10)
	own := natsevents.Client(natsgo.ErrorHandler(func(_ *natsgo.Conn, _ *natsgo.Subscription, err error) { heard <- err }))
	x, _ := asAnn(t, permitted(t, deny("rollcall.event.>")), own)
	if err := x.Publish(t.Context(), transport.Message{ID: "1", Event: "order.placed"}); err == nil {
		t.Error("the server does not deny it")
	}
	if err := take(t, heard); !errors.Is(err, natsgo.ErrPermissionViolation) {
		t.Errorf("got %v", err)
	}
}
