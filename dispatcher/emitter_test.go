package dispatcher_test

import (
	"context"
	"testing"
	"unsafe"

	"github.com/rollcall-go/rollcall/dispatcher"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/chain"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

func TestZeroEmitter(t *testing.T) {
	var zero dispatcher.Emitter[*created]
	if err := zero.Emit(ctx, &created{}); err != nil {
		t.Error(err)
	}
	if err := dispatcher.NewEmitter[*created](nil).Emit(ctx, nil); err != nil {
		t.Error(err)
	}
}

// An emitter of an interface goes by what the event is.
func TestEmitterOfAnInterface(t *testing.T) {
	d := dispatcher.New(build(t, listeners{on("a"), provider.New[event.Stoppable]("b", func(event.Stoppable) {})}))
	e := &created{}
	if err := dispatcher.NewEmitter[event.Stoppable](d).Emit(ctx, e); err != nil {
		t.Fatal(err)
	}
	check(t, "called", e.met(), "a")
}

func TestEmitterFollowsAMutableProvider(t *testing.T) {
	m := &provider.Mutable{}
	emitter := dispatcher.NewEmitter[*created](dispatcher.New(m))
	emit := func() string {
		e := &created{}
		if err := emitter.Emit(ctx, e); err != nil {
			t.Fatal(err)
		}
		return e.met()
	}
	check(t, "nobody", emit(), "")
	remove, err := m.Append(on("a"))
	if err != nil {
		t.Fatal(err)
	}
	check(t, "added", emit(), "a")
	remove()
	check(t, "removed", emit(), "")
}

func TestEmitterReportsTheProvidersError(t *testing.T) {
	p := provider.NewContainer(map[event.Key][]string{event.KeyOf[*created](): {"x"}}, empty{})
	for name, dispatch := range map[string]func(context.Context, *created) error{
		"emitter": dispatcher.NewEmitter[*created](dispatcher.New(p)).Emit,
		"generic": func(ctx context.Context, c *created) error {
			_, err := dispatcher.Dispatch(ctx, dispatcher.New(p), c)
			return err
		},
		"traced": func(ctx context.Context, c *created) error { return dispatcher.NewTraced(p).Dispatch(ctx, c) },
	} {
		t.Run(name, func(t *testing.T) {
			checkError[*provider.ContainerError](t, dispatch(ctx, &created{}),
				"listener x of *dispatcher_test.created can't be had from its container: failed")
		})
	}
}

type empty struct{}

func (empty) Get(string) (any, error) { return nil, errListener }

func TestLate(t *testing.T) {
	late := dispatcher.NewLate(nil)
	emitter := dispatcher.NewEmitter[*created](late)
	const unbound = "there is no dispatcher: give one that is not nil, and dispatch after Bind was called"
	checkError[*dispatcher.UnboundError](t, late.Dispatch(ctx, &created{}), unbound)
	checkError[*dispatcher.UnboundError](t, emitter.Emit(ctx, &created{}), unbound)
	checkError[*dispatcher.UnboundError](t, late.Bind(nil), unbound)
	if err := late.Bind(dispatcher.New(build(t, listeners{on("a")}))); err != nil {
		t.Fatal(err)
	}
	checkError[*dispatcher.BoundError](t, late.Bind(late), "the dispatcher is bound already: Bind may be called once")
	e := &created{}
	if err := emitter.Emit(ctx, e); err != nil {
		t.Fatal(err)
	}
	check(t, "called once bound", e.met(), "a")
	if err := dispatcher.NewLate(errListener).Dispatch(ctx, e); err != errListener {
		t.Errorf("got %v", err)
	}
}

// The typed path neither allocates nor boxes, for pointers and for values;
// nor does the untyped one for pointers.
func TestNoAllocationPerDispatch(t *testing.T) {
	byValue := listeners{
		provider.New[counted]("a", func(_ context.Context, c counted) error { *c.sum++; return nil }),
		provider.New[counted]("b", func(c counted) { *c.sum++ }),
	}
	fromValue, err := provider.FromValue(handler{}, tags.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	byPointer := append(listeners{
		provider.New[*deleted]("a", func(_ context.Context, d *deleted) error { d.n++; return nil }),
		provider.New[any]("b", func(context.Context, any) error { return nil }),
	}, fromValue...)
	cancellable, cancel := context.WithCancel(ctx)
	defer cancel()

	p, err := provider.Build(append(byValue, byPointer...), []provider.Event{provider.Declare[counted](""), provider.Declare[*deleted]("")})
	if err != nil {
		t.Fatal(err)
	}
	d, sum := dispatcher.New(p), 0
	collecting := dispatcher.New(p, dispatcher.CollectErrors())
	value, pointer, stoppable := counted{&sum}, &deleted{}, &created{}
	values, pointers := dispatcher.NewEmitter[counted](d), dispatcher.NewEmitter[*deleted](d)
	stoppables := dispatcher.NewEmitter[*created](d)
	for name, run := range map[string]func() error{
		"untyped":             func() error { return d.Dispatch(ctx, pointer) },
		"untyped, collecting": func() error { return collecting.Dispatch(ctx, pointer) },
		"emitter":             func() error { return pointers.Emit(ctx, pointer) },
		"emitter, stoppable":  func() error { return stoppables.Emit(ctx, stoppable) },
		"emitter, value":      func() error { return values.Emit(ctx, value) },
		"emitter, cancel":     func() error { return pointers.Emit(cancellable, pointer) },
		"generic":             func() error { _, err := dispatcher.Dispatch(ctx, d, pointer); return err },
		"generic, value":      func() error { _, err := dispatcher.Dispatch(ctx, d, value); return err },
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

type handler struct{}

func (handler) Handle(_ context.Context, d *deleted) error { d.n++; return nil }

// What all processors read when an event is emitted shares no cache line with what
// somebody writes.
func TestEmitterTakesWholeCacheLines(t *testing.T) {
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("for processors of 64 bits")
	}
	if emitter, call := unsafe.Sizeof(dispatcher.Emitter[*plain]{}), unsafe.Sizeof(chain.Call[*plain]{}); emitter != 64 || call != 64 {
		t.Errorf("an emitter takes %d bytes, what it calls %d", emitter, call)
	}
}
