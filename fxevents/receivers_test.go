package fxevents_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// A module may be a variable, which several applications have at once.
func TestModuleOfSeveralApplications(t *testing.T) {
	module := fx.Options(shopModule(), fxevents.Receive("mail"))
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := quietly(fxevents.Module(), module, fx.Provide(func() transport.Transport { return &transport.Local{} })).Err(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// stops is a log of Fx that keeps what stop hooks return.
type stops chan error

func (s stops) LogEvent(e fxevent.Event) {
	if x, ok := e.(*fxevent.OnStopExecuted); ok && x.Err != nil {
		s <- x.Err
	}
}

// A stop does not wait longer than it may. It tells what still runs, and closes the
// transport all the same.
func TestStopTimeout(t *testing.T) {
	var j *journal
	var emitter *rollcall.Emitter[*placed]
	begun, finish := make(chan struct{}), make(chan struct{})
	defer close(finish)
	opened, stopped := &closing{}, make(stops, 10)
	app := fx.New(fxevents.Module(), shopModule(), fxevents.Receive("stats"), fx.Populate(&j, &emitter),
		fxevents.Transport(func() (*closing, error) { return opened, nil }), fx.WithLogger(func() fxevent.Logger { return stopped }))
	j.answer = func(who string, _ int) error {
		if who == "count" {
			close(begun)
			<-finish
		}
		return nil
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
		t.Fatal(err)
	}
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := app.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	select {
	case err := <-stopped:
		if !strings.Contains(err.Error(), "rollcall: listeners of order.placed by stats are still running; their events will be redelivered") || !opened.closed {
			t.Errorf("closed is %t, and the hook's error %v", opened.closed, err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the hook did not end")
	}
}

// An application whose transport was closed does not start as if it worked.
func TestStartAfterClose(t *testing.T) {
	app := quietly(fxevents.Module(), shopModule(), fxevents.Receive(), fxevents.Transport(func() (*closing, error) { return &closing{}, nil }))
	if err := errors.Join(app.Start(t.Context()), app.Stop(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "the transport was closed when the application stopped: make another application") {
		t.Errorf("got %v", err)
	}
}

// The policy of dispatches is that of receivers, too.
func TestPolicyOfReceivers(t *testing.T) {
	var j *journal
	var emitter *rollcall.Emitter[*placed]
	running(t, &transport.Local{}, fxevents.Module(fxevents.Policy(rollcall.CollectErrors())), shopModule(), fxevents.Receive("mail"), fx.Populate(&j, &emitter))
	j.answer = func(_ string, attempt int) error {
		if attempt == 1 {
			return transport.RefuseFor(0)
		}
		return nil
	}
	if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
		t.Fatal(err)
	}
	if got := j.nextN(t, 6); got != "audit 1, stock 1, mail 1, copy 1, mail 1, copy 1" {
		t.Errorf("got %s", got)
	}
}

// declaring counts what is declared.
type declaring struct {
	transport.Local
	times atomic.Int32
}

func (d *declaring) Declare(ctx context.Context, s transport.Subscription) error {
	d.times.Add(1)
	return d.Local.Declare(ctx, s)
}

// Receivers are declared once, and not with each event.
func TestDeclaredOnce(t *testing.T) {
	x := &declaring{}
	var emitter *rollcall.Emitter[*placed]
	if err := quietly(fxevents.Module(), shopModule(), fx.Populate(&emitter), fx.Provide(func() transport.Transport { return x })).Err(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := emitter.Emit(t.Context(), &placed{"1"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := x.times.Load(); got != 2 { // mail and stats
		t.Errorf("declared %d times", got)
	}
}
