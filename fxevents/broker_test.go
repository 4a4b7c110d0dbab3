package fxevents_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// distant is a transport whose broker comes later, or never.
type distant struct {
	transport.Local
	come chan struct{} // closed when the broker has come
}

func (d *distant) AwaitConnection(ctx context.Context) error {
	select {
	case <-d.come:
		return nil
	case <-ctx.Done():
		return errors.New("connecting to nats://broker:4222: connection refused")
	}
}

func (d *distant) Publish(ctx context.Context, m transport.Message) error {
	return errors.Join(d.AwaitConnection(ctx), d.Local.Publish(ctx, m))
}

func (d *distant) Declare(ctx context.Context, s transport.Subscription) error {
	return errors.Join(d.AwaitConnection(ctx), d.Local.Declare(ctx, s))
}

func (d *distant) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	if d.AwaitConnection(ctx) != nil {
		return nil // ctx has ended
	}
	return d.Local.Subscribe(ctx, s, h)
}

// far is an application whose broker comes after some time; 0 means never.
func far(t *testing.T, after time.Duration, options ...fx.Option) (*fx.App, *distant) {
	t.Helper()
	d := &distant{come: make(chan struct{})}
	if after > 0 {
		time.AfterFunc(after, func() { close(d.come) })
	}
	app := quietly(append(options, shopModule(), fxevents.Receive("mail"), fxevents.Transport(func() (*distant, error) { return d, nil }))...)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	return app, d
}

// limited is a context as Fx has it at the start.
func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestStartWaitsForTheBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		app, _ := far(t, 5*time.Second, fxevents.Module())
		if err := app.Start(limited(t)); err != nil || time.Since(begun) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		stopped(t, app)
	})
}

// A start without the broker fails before its context has ended, with the reason.
func TestStartFailsWithoutTheBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app, _ := far(t, 0, fxevents.Module())
		begun, ctx := time.Now(), limited(t)
		const want = "rollcall: the application does not start without its broker: connecting to nats://broker:4222: connection refused: start the broker, or pass fxevents.StartWithoutBroker() to fxevents.Module"
		if err := app.Start(ctx); fmt.Sprint(err) != want || ctx.Err() != nil || time.Since(begun) < 14*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}

// With the option, the application starts, tells what is missing, and goes on when the
// broker comes.
func TestStartWithoutBroker(t *testing.T) {
	logger, text := records()
	synctest.Test(t, func(t *testing.T) {
		var j *journal
		var emitter *rollcall.Emitter[*placed]
		begun := time.Now()
		app, d := far(t, 10*time.Second, fxevents.Module(fxevents.StartWithoutBroker(), fxevents.Logger(logger)), fxevents.ReceivedElsewhere("stats"), fx.Populate(&j, &emitter))
		if err := app.Start(limited(t)); err != nil || time.Since(begun) > 0 {
			t.Fatalf("after %v: %v", time.Since(begun), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		const want = "publishing order.placed for the receivers of stats, mail: connecting to nats://broker:4222: connection refused"
		if err := emitter.Emit(ctx, &placed{"1"}); fmt.Sprint(err) != want {
			t.Errorf("got %v", err)
		}
		if err := emitter.Emit(t.Context(), &placed{"2"}); err != nil || time.Since(begun) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		if got := j.nextN(t, 6); got != "audit 1, stock 1, audit 2, stock 2, mail 2, copy 2" {
			t.Errorf("called were %s", got)
		}
		if b, err := d.Backlog(t.Context(), "order.placed", "stats"); b.Waiting != 1 || err != nil {
			t.Errorf("for stats waits %+v, %v", b, err)
		}
		synctest.Wait()
		stopped(t, app)
	})
	const want = `level=WARN msg="broker can't be used yet" attempt=1 reason="connecting to nats://broker:4222: connection refused"
level=WARN msg="broker can't be used yet" attempt=2 reason="connecting to nats://broker:4222: connection refused"
level=WARN msg="broker can't be used yet" attempt=3 reason="connecting to nats://broker:4222: connection refused"
level=INFO msg="receivers are declared at the broker" attempt=4
`
	if got := text.String(); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// An application that never met its broker stops at once.
func TestStopWithoutBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app, _ := far(t, 0, fxevents.Module(fxevents.StartWithoutBroker(), unlogged))
		if err := app.Start(limited(t)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		begun := time.Now()
		if stopped(t, app); time.Since(begun) > 0 {
			t.Errorf("it took %v", time.Since(begun))
		}
	})
}

// boxed is an outbox around a distant transport. Its store may be missing, too.
type boxed struct {
	distant
	store error
	later []string // what is declared later
	kept  []transport.Message
}

func (b *boxed) AwaitStore(context.Context) error { return b.store }

func (b *boxed) DeclareLater(s transport.Subscription) error {
	b.later = append(b.later, s.Event+" by "+s.Key)
	return nil
}

func (b *boxed) Publish(_ context.Context, m transport.Message) error {
	b.kept = append(b.kept, m)
	return nil
}

// An outbox stores events while the broker is away: a dispatch does not wait.
func TestOutboxWithoutBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var emitter *rollcall.Emitter[*placed]
		begun := time.Now()
		b := &boxed{distant: distant{come: make(chan struct{})}}
		app := quietly(fxevents.Module(fxevents.StartWithoutBroker(), unlogged), shopModule(), fxevents.Receive("mail"),
			fxevents.Transport(func() *boxed { return b }), fx.Populate(&emitter))
		if err := emitter.Emit(t.Context(), &placed{"before the start"}); err != nil {
			t.Error(err)
		}
		if err := app.Start(limited(t)); err != nil {
			t.Fatal(err)
		}
		if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil || time.Since(begun) > 0 {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		if diff := cmp.Diff([]string{"order.placed by mail", "order.placed by stats"}, slices.Sorted(slices.Values(b.later))); diff != "" || len(b.kept) != 2 {
			t.Errorf("%d events are kept, declared are %s", len(b.kept), diff)
		}
		close(b.come) // then the receivers are declared as always
		synctest.Wait()
		time.Sleep(time.Minute)
		if _, err := b.Backlog(t.Context(), "order.placed", "stats"); err != nil {
			t.Error(err)
		}
		stopped(t, app)
	})
}

// Without its database, an outbox stores nothing: the application does not start.
func TestOutboxWithoutStore(t *testing.T) {
	b := &boxed{distant: distant{come: make(chan struct{})}, store: errors.New("the tables are missing")}
	app := quietly(fxevents.Module(fxevents.StartWithoutBroker(), unlogged), shopModule(), fxevents.Receive("mail"),
		fxevents.Transport(func() *boxed { return b }))
	const want = "rollcall: the application does not start without its outbox: the tables are missing"
	if err := app.Start(limited(t)); fmt.Sprint(err) != want {
		t.Errorf("got %v", err)
	}
}

// enveloping is a transport that may wrap an outbox, and wraps none.
type enveloping struct{ distant }

func (*enveloping) AwaitStore(context.Context) error { return nil }

func (*enveloping) DeclareLater(transport.Subscription) error {
	return fmt.Errorf("declaring later: %w", errors.ErrUnsupported)
}

// A wrapper of something else is declared at the broker.
func TestWrapperOfNoOutbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var emitter *rollcall.Emitter[*placed]
		begun := time.Now()
		w := &enveloping{distant{come: make(chan struct{})}}
		time.AfterFunc(10*time.Second, func() { close(w.come) })
		app := quietly(fxevents.Module(fxevents.StartWithoutBroker(), unlogged), shopModule(), fxevents.Receive(),
			fxevents.Transport(func() *enveloping { return w }), fx.Populate(&emitter))
		if err := app.Start(limited(t)); err != nil {
			t.Fatal(err)
		}
		if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil || time.Since(begun) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		stopped(t, app)
	})
}
