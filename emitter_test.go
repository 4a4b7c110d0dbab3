package rollcall_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

func TestZeroEmitter(t *testing.T) {
	var zero rollcall.Emitter[*created]
	if err := zero.Emit(ctx, &created{}); err != nil {
		t.Error(err)
	}
	var none *rollcall.Emitter[*created]
	if err := errors.Join(none.Emit(ctx, &created{}), rollcall.NewEmitter[*created](nil).Emit(ctx, nil)); err != nil {
		t.Error(err)
	}
}

// Each change is seen by the next emit, whoever emits meanwhile, and emitters that are
// gone leave nothing behind.
func TestEmittersFollowChanges(t *testing.T) {
	m := &provider.Mutable{}
	d := rollcall.NewDispatcher(m)
	var done atomic.Bool
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			for !done.Load() {
				if err := rollcall.NewEmitter[*deleted](d).Emit(ctx, &deleted{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	emitter := rollcall.NewEmitter[*deleted](d)
	for i := range 500 {
		e := &deleted{}
		remove, err := m.Append(rollcall.NewListener[*deleted](fmt.Sprint(i), func(d *deleted) { d.n++ }))
		if err != nil {
			t.Fatal(err)
		}
		if _ = errors.Join(emitter.Emit(ctx, e), d.Dispatch(ctx, e)); e.n != 2 {
			t.Fatalf("after change %d, an emit and a dispatch called %d times", i, e.n)
		}
		remove()
		if _ = errors.Join(emitter.Emit(ctx, e), d.Dispatch(ctx, e)); e.n != 2 {
			t.Fatalf("after removal %d, the listener was called again", i)
		}
	}
	done.Store(true)
	others.Wait()
}

// A provider of one's own that says how long its answer holds is asked as often as ours.
func TestProviderIsAskedOnce(t *testing.T) {
	lease := &rollcall.Lease{}
	asked := 0
	p := asking(func(any) (*rollcall.Listeners, error) {
		asked++
		l := on("a")
		return rollcall.NewListeners(rollcall.Spec{Event: rollcall.Declare[*created](""), Listeners: []*rollcall.Listener{&l},
			EveryEvent: true, Leases: []*rollcall.Lease{lease}})
	})
	d := rollcall.NewDispatcher(p)
	emitter := rollcall.NewEmitter[*created](d)
	ask := func() {
		for range 3 {
			if err := errors.Join(d.Dispatch(ctx, &created{}), emitter.Emit(ctx, &created{})); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask()
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}
	old := lease
	lease = &rollcall.Lease{}
	old.End()
	old.End()
	ask()
	if asked != 2 {
		t.Errorf("asked %d times after the lease, want 2", asked)
	}
	lease.End()
	ask()
	if asked != 2+3*2 {
		t.Errorf("asked %d times under a lease that has ended, want each time", asked)
	}
}

type asking func(ev any) (*rollcall.Listeners, error)

func (a asking) Listeners(ev any) (*rollcall.Listeners, error) { return a(ev) }

// A stopped event asks nobody, and an observer learns that it was stopped.
func TestStoppedEventAsksNobody(t *testing.T) {
	w := &witness{}
	p := asking(func(any) (*rollcall.Listeners, error) { return nil, errListener })
	e := &created{}
	e.StopPropagation()
	for _, d := range []rollcall.Dispatcher{rollcall.NewDispatcher(p), rollcall.NewDispatcher(p, rollcall.Observe(w)), rollcall.NewTraced(p)} {
		_, err := rollcall.Dispatch(ctx, d, e)
		if err := errors.Join(err, d.Dispatch(ctx, e), rollcall.NewEmitter[*created](d).Emit(ctx, e)); err != nil {
			t.Error(err)
		}
	}
	coretest.Check(t, "observed", w.seen(), "begin T T of 0; stopped before 0; end: nil")
	traced := rollcall.NewTraced(p)
	_ = traced.Dispatch(ctx, e)
	if orphans := traced.Orphans(); len(orphans) > 0 {
		t.Errorf("nobody was asked, so %v are no orphans", orphans)
	}
}

// An emitter of an interface goes by what the event is.
func TestEmitterOfAnInterface(t *testing.T) {
	d := rollcall.NewDispatcher(build(t, listeners{on("a"), rollcall.NewListener[event.Stoppable]("b", func(event.Stoppable) {})}))
	e := &created{}
	if err := rollcall.NewEmitter[event.Stoppable](d).Emit(ctx, e); err != nil {
		t.Fatal(err)
	}
	coretest.Check(t, "called", e.met(), "a")
}

func TestEmitterFollowsAMutableProvider(t *testing.T) {
	m := &provider.Mutable{}
	emitter := rollcall.NewEmitter[*created](rollcall.NewDispatcher(m))
	emit := func() string {
		e := &created{}
		if err := emitter.Emit(ctx, e); err != nil {
			t.Fatal(err)
		}
		return e.met()
	}
	coretest.Check(t, "nobody", emit(), "")
	remove, err := m.Append(on("a"))
	if err != nil {
		t.Fatal(err)
	}
	coretest.Check(t, "added", emit(), "a")
	remove()
	coretest.Check(t, "removed", emit(), "")
}

func TestEmitterReportsTheProvidersError(t *testing.T) {
	p, err := provider.NewContainer(map[event.Key][]string{event.KeyOf[*created](): {"x"}}, empty{}.Get)
	if err != nil {
		t.Fatal(err)
	}
	for name, dispatch := range map[string]func(context.Context, *created) error{
		"emitter": rollcall.NewEmitter[*created](rollcall.NewDispatcher(p)).Emit,
		"generic": func(ctx context.Context, c *created) error {
			_, err := rollcall.Dispatch(ctx, rollcall.NewDispatcher(p), c)
			return err
		},
		"traced": func(ctx context.Context, c *created) error { return rollcall.NewTraced(p).Dispatch(ctx, c) },
	} {
		t.Run(name, func(t *testing.T) {
			checkError[*provider.ContainerError](t, dispatch(ctx, &created{}),
				"listener x of *rollcall_test.created can't be provided by its container: failed")
		})
	}
}

type empty struct{}

func (empty) Get(string) (any, error) { return nil, errListener }

// stand stands for another dispatcher, once there is one.
type stand struct{ d rollcall.Dispatcher }

func (s *stand) Unwrap() rollcall.Dispatcher { return s.d }

func (s *stand) Dispatch(ctx context.Context, ev any) error {
	if s.d == nil {
		return errListener
	}
	return s.d.Dispatch(ctx, ev)
}

// A dispatcher that stands for another is passed by, as soon as that one is there.
func TestUnwrap(t *testing.T) {
	late := &stand{}
	emitter := rollcall.NewEmitter[*created](&stand{late})
	if err := emitter.Emit(ctx, &created{}); err != errListener {
		t.Errorf("got %v", err)
	}
	late.d = rollcall.NewDispatcher(build(t, listeners{on("a")}))
	e := &created{}
	if err := emitter.Emit(ctx, e); err != nil {
		t.Fatal(err)
	}
	if _, err := rollcall.Dispatch(ctx, late, e); err != nil {
		t.Fatal(err)
	}
	coretest.Check(t, "called once there is one", e.met(), "a a")
	late.d = nil
	if err := emitter.Emit(ctx, e); err != nil {
		t.Errorf("it went back: %v", err)
	}
}

// The typed path neither allocates nor boxes, for pointers and for values;
// nor does the untyped one for pointers.
func TestNoAllocationPerDispatch(t *testing.T) {
	byValue := listeners{
		rollcall.NewListener[counted]("a", func(_ context.Context, c counted) error { *c.sum++; return nil }),
		rollcall.NewListener[counted]("b", func(c counted) { *c.sum++ }),
	}
	fromValue, err := rollcall.FromValue(counter{}, tags.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	byPointer := append(listeners{
		rollcall.NewListener[*deleted]("a", func(_ context.Context, d *deleted) error { d.n++; return nil }),
		rollcall.NewListener[any]("b", func(context.Context, any) error { return nil }),
	}, fromValue...)
	cancellable, cancel := context.WithCancel(ctx)
	defer cancel()

	p, err := provider.Build(append(byValue, byPointer...), []rollcall.Declaration{rollcall.Declare[counted](""), rollcall.Declare[*deleted]("")})
	if err != nil {
		t.Fatal(err)
	}
	d, sum := rollcall.NewDispatcher(p), 0
	collecting := rollcall.NewDispatcher(p, rollcall.CollectErrors())
	value, pointer, stoppable := counted{&sum}, &deleted{}, &created{}
	values, pointers := rollcall.NewEmitter[counted](d), rollcall.NewEmitter[*deleted](d)
	stoppables := rollcall.NewEmitter[*created](d)
	for name, run := range map[string]func() error{
		"untyped":             func() error { return d.Dispatch(ctx, pointer) },
		"untyped, collecting": func() error { return collecting.Dispatch(ctx, pointer) },
		"emitter":             func() error { return pointers.Emit(ctx, pointer) },
		"emitter, stoppable":  func() error { return stoppables.Emit(ctx, stoppable) },
		"emitter, value":      func() error { return values.Emit(ctx, value) },
		"emitter, cancel":     func() error { return pointers.Emit(cancellable, pointer) },
		"generic":             func() error { _, err := rollcall.Dispatch(ctx, d, pointer); return err },
		"generic, value":      func() error { _, err := rollcall.Dispatch(ctx, d, value); return err },
	} {
		t.Run(name, func(t *testing.T) {
			if n := testing.AllocsPerRun(100, func() {
				if err := run(); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

type deleted struct{ n int }

type counter struct{}

func (counter) Handle(_ context.Context, d *deleted) error { d.n++; return nil }
