package sqlevents_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// declaring is a recorder that records declarations and messages in one order.
type declaring struct {
	*recorder
	problem func(attempt int) error // of a declaration

	mu    sync.Mutex
	calls int
	steps []string
}

func (d *declaring) Declare(_ context.Context, s transport.Subscription) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if d.problem != nil {
		if err := d.problem(d.calls); err != nil {
			return err
		}
	}
	d.steps = append(d.steps, "declare "+s.Event+" "+s.Key)
	return nil
}

func (d *declaring) Publish(ctx context.Context, m transport.Message) error {
	d.mu.Lock()
	d.steps = append(d.steps, "publish "+m.ID)
	d.mu.Unlock()
	if len(m.Headers) > 0 {
		return &transport.MessageError{ID: m.ID, Event: m.Event, Problem: "it has headers"}
	}
	return d.recorder.Publish(ctx, m)
}

func (d *declaring) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.steps)
}

// away is a broker that can't be reached.
type away struct{ transport.Transport }

func (away) Publish(context.Context, transport.Message) error {
	return &net.OpError{Op: "dial", Err: errTest}
}

func (away) Declare(context.Context, transport.Subscription) error {
	return &net.OpError{Op: "dial", Err: errTest}
}

// A process that can't reach the broker stores its receivers with its messages. Another
// instance, which does not know them, declares them before it publishes.
func TestAnotherInstanceDeclares(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		first := x.outbox(t, away{})
		for _, key := range []string{"stats", "mail", "mail"} {
			if err := first.DeclareLater(transport.Subscription{Event: "order.placed", Key: key}); err != nil {
				t.Fatal(err)
			}
		}
		publish(t, first, keyed("1", "order.placed", "a"), message("2", "order.shipped"))
		var stored string
		if err := x.db.QueryRow("SELECT headers FROM " + x.prefix + "outbox WHERE message_id = '1'").Scan(&stored); err != nil {
			t.Fatal(err)
		}
		if want := `{"ce-partitionkey":"a","rollcall-receivers":"mail stats"}`; stored != want {
			t.Errorf("stored are the headers %s, want %s", stored, want)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		d := &declaring{recorder: newRecorder()}
		second := x.outbox(t, withoutKeys{d})
		flush(t, second)
		got := d.all()
		got = slices.DeleteFunc(got, func(step string) bool { return step == "publish 2" })
		if want := []string{"declare order.placed mail", "declare order.placed stats", "publish 1"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// withoutKeys drops order keys, so that only unexpected headers are left.
type withoutKeys struct{ *declaring }

func (w withoutKeys) Publish(ctx context.Context, m transport.Message) error {
	delete(m.Headers, "ce-partitionkey")
	return w.declaring.Publish(ctx, m)
}

// The broker is asked once. What is declared is no longer stored.
func TestReceiversAreDeclaredOnce(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		d := &declaring{recorder: newRecorder()}
		o := x.outbox(t, d)
		if err := o.DeclareLater(transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
			t.Fatal(err)
		}
		for range 50 {
			publish(t, o, message("same", "order.placed"))
		}
		flush(t, o)
		if got := d.all(); got[0] != "declare order.placed mail" || slices.Contains(got[1:], got[0]) {
			t.Errorf("got %q", got)
		}
		if err := o.DeclareLater(transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
			t.Fatal(err)
		}
		tx, err := x.db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		if err := o.Publish(o.WithTx(t.Context(), tx), message("later", "order.placed")); err != nil {
			t.Fatal(err)
		}
		var stored string
		if err := tx.QueryRow("SELECT headers FROM " + x.prefix + "outbox").Scan(&stored); err != nil || stored != "{}" {
			t.Errorf("stored are the headers %s, %v", stored, err)
		}
	})
}

// A declaration that fails is a failed attempt of the message. A dead letter that is
// replayed has its receivers declared, too.
func TestDeclarationFails(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		denied := errors.New("permission denied")
		d := &declaring{recorder: newRecorder(), problem: func(attempt int) error {
			if attempt <= 2 {
				return denied
			}
			return nil
		}}
		o := x.outbox(t, d, sqlevents.MaxAttempts(2), sqlevents.Retry(func(int) time.Duration { return 0 }))
		if err := o.DeclareLater(transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
			t.Fatal(err)
		}
		publish(t, o, message("1", "order.placed"))
		flush(t, o)
		n, err := o.EachDeadLetter(t.Context(), "order.placed", "", func(l transport.DeadLetter) transport.Disposal {
			const want = "given up after 2 attempts: declaring the receiver mail of event order.placed: permission denied"
			if l.Reason != want || len(l.Headers) > 0 {
				t.Errorf("got %q and the headers %v", l.Reason, l.Headers)
			}
			return transport.Replay
		})
		if n != 1 || err != nil {
			t.Fatalf("got %d, %v", n, err)
		}
		flush(t, o)
		if got, want := d.all(), []string{"declare order.placed mail", "publish 1"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestDeclareLaterChecks(t *testing.T) {
	x := sqlite.tables(t)
	o := x.outbox(t, &transport.Local{})
	for _, s := range []transport.Subscription{{Event: "order.placed"}, {Event: "order placed", Key: "mail"}, {Key: "mail"}} {
		var problem *transport.SubscriptionError
		if err := o.DeclareLater(s); !errors.As(err, &problem) {
			t.Errorf("%+v: got %v", s, err)
		}
	}
	if err := x.outbox(t, newRecorder()).DeclareLater(transport.Subscription{}); err != nil {
		t.Errorf("nothing can be declared: got %v", err)
	}
}

func TestAwaitStore(t *testing.T) {
	x := sqlite.open(t)
	o := x.outbox(t, away{})
	var wrong *sqlevents.SchemaError
	if err := o.AwaitStore(t.Context()); !errors.As(err, &wrong) {
		t.Errorf("without tables: got %v", err)
	}
	x.migrate(t)
	if err := o.AwaitStore(t.Context()); err != nil {
		t.Error(err)
	}
}
