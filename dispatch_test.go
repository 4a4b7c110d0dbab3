package rollcall_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
)

func TestBasicDispatcherCallsInOrder(t *testing.T) {
	everyWay(t, listeners{on("b"), on("a", `priority:"first"`), on("c", `priority:"last"`)},
		func(t *testing.T, dispatch func(context.Context, *created) error) {
			e := &created{}
			if err := dispatch(ctx, e); err != nil {
				t.Fatal(err)
			}
			coretest.Check(t, "called", e.met(), "a b c")
		})
}

func TestDispatchReturnsTheEvent(t *testing.T) {
	d := rollcall.NewDispatcher(build(t, listeners{rollcall.NewListener[counted]("x", func(c counted) { *c.sum++ })}))
	sum := 0
	back, err := rollcall.Dispatch(ctx, d, counted{&sum})
	if err != nil || back.sum != &sum || sum != 1 {
		t.Errorf("got %v, %v, sum %d", back, err, sum)
	}
}

func TestStopsWhenPropagationIsStopped(t *testing.T) {
	stop := rollcall.NewListener[*created]("stop", func(c *created) { c.note("stop"); c.StopPropagation() })
	everyWay(t, listeners{on("a"), stop, on("b")}, func(t *testing.T, dispatch func(context.Context, *created) error) {
		e := &created{}
		if err := dispatch(ctx, e); err != nil {
			t.Fatal(err)
		}
		coretest.Check(t, "called", e.met(), "a stop")
	})
}

func TestStoppedEventReachesNobody(t *testing.T) {
	everyWay(t, listeners{on("a")}, func(t *testing.T, dispatch func(context.Context, *created) error) {
		e := &created{}
		e.StopPropagation()
		if err := dispatch(ctx, e); err != nil {
			t.Fatal(err)
		}
		coretest.Check(t, "called", e.met(), "")
	})
}

func TestListenerErrorStops(t *testing.T) {
	everyWay(t, listeners{on("a"), failing("b", errListener), on("c")}, func(t *testing.T, dispatch func(context.Context, *created) error) {
		e := &created{}
		problem := checkError[*rollcall.ListenerError](t, dispatch(ctx, e), "listener b of *rollcall_test.created: failed")
		if problem.Listener != "b" || !errors.Is(problem, errListener) {
			t.Errorf("got %+v", problem)
		}
		coretest.Check(t, "called", e.met(), "a b")
	})
}

func TestCollectErrors(t *testing.T) {
	l := listeners{failing("a", errListener), on("b"), panicking("c", "no"), on("d"), failing("e", io.EOF)}
	everyWay(t, l, func(t *testing.T, dispatch func(context.Context, *created) error) {
		e := &created{}
		err := dispatch(ctx, e)
		coretest.Check(t, "called", e.met(), "a b c d e")
		checkError[*rollcall.ListenerError](t, err, `listener a of *rollcall_test.created: failed
listener c of *rollcall_test.created: panic: no
listener e of *rollcall_test.created: EOF`)
		if !errors.Is(err, errListener) || !errors.Is(err, io.EOF) {
			t.Error("a cause is lost")
		}
	}, rollcall.CollectErrors())
}

func TestCollectErrorsOfNone(t *testing.T) {
	everyWay(t, listeners{on("a")}, func(t *testing.T, dispatch func(context.Context, *created) error) {
		if err := dispatch(ctx, &created{}); err != nil {
			t.Error(err)
		}
	}, rollcall.CollectErrors())
}

func TestPanicBecomesAnError(t *testing.T) {
	everyWay(t, listeners{on("a"), panicking("b", io.EOF), on("c")}, func(t *testing.T, dispatch func(context.Context, *created) error) {
		e := &created{}
		err := dispatch(ctx, e)
		coretest.Check(t, "called", e.met(), "a b")
		problem := checkError[*rollcall.PanicError](t, err, "listener b of *rollcall_test.created: panic: EOF")
		if !strings.Contains(string(problem.Stack), "dispatch_helpers_test.go") {
			t.Errorf("the stack does not show the listener:\n%s", problem.Stack)
		}
		if !errors.Is(err, io.EOF) {
			t.Error("the panic's value is lost")
		}
	})
}

func TestPassPanics(t *testing.T) {
	everyWay(t, listeners{panicking("a", io.EOF)}, func(t *testing.T, dispatch func(context.Context, *created) error) {
		defer func() {
			if value := recover(); value != io.EOF {
				t.Errorf("recovered %v", value)
			}
		}()
		t.Error("returned", dispatch(ctx, &created{}))
	}, rollcall.PassPanics())
}

func TestContextIsAskedBeforeEachListener(t *testing.T) {
	var cancel context.CancelFunc
	stop := rollcall.NewListener[*created]("stop", func(c *created) { c.note("stop"); cancel() })
	everyWay(t, listeners{on("a"), stop, on("b")}, func(t *testing.T, dispatch func(context.Context, *created) error) {
		var cancellable context.Context
		cancellable, cancel = context.WithCancel(ctx)
		e := &created{}
		err := dispatch(cancellable, e)
		coretest.Check(t, "called", e.met(), "a stop")
		problem := checkError[*rollcall.InterruptedError](t, err,
			"dispatch of *rollcall_test.created stopped before listener b: context canceled")
		if problem.Before != "b" || !errors.Is(err, context.Canceled) {
			t.Errorf("got %+v", problem)
		}
		e = &created{}
		if err := dispatch(cancellable, e); !errors.Is(err, context.Canceled) || e.met() != "" {
			t.Errorf("a done context: %v, %s", err, e.met())
		}
	})
}

func TestListenersGetTheCallersContext(t *testing.T) {
	type key struct{}
	want := context.WithValue(ctx, key{}, "x")
	check := rollcall.NewListener[*created]("a", func(got context.Context, _ *created) error {
		if got != want {
			return errors.New("another context")
		}
		return nil
	})
	everyWay(t, listeners{check}, func(t *testing.T, dispatch func(context.Context, *created) error) {
		if err := dispatch(want, &created{}); err != nil {
			t.Error(err)
		}
	})
}

func TestListenerGetsDispatcherAndName(t *testing.T) {
	var further []string
	l := listeners{
		rollcall.NewListener[*created]("asks", func(ctx context.Context, c *created, o rollcall.Origin) error {
			c.note(o.Name)
			return o.Dispatch(ctx, &event.Generic{Name: "recipe.indexed"})
		}),
		on("plain"),
		rollcall.NewListener[*event.Generic]("further", func(g *event.Generic) { further = append(further, g.Name) }, `event:"recipe.indexed"`),
	}
	everyWay(t, l, func(t *testing.T, dispatch func(context.Context, *created) error) {
		further = nil
		e := &created{}
		if err := dispatch(ctx, e); err != nil {
			t.Fatal(err)
		}
		coretest.Check(t, "name", e.met(), "*rollcall_test.created plain")
		coretest.Check(t, "dispatched further", strings.Join(further, " "), "recipe.indexed")
	})
}

func TestNoCostForListenersThatDoNotAsk(t *testing.T) {
	d := rollcall.NewDispatcher(build(t, listeners{rollcall.NewListener[*created]("x", func(context.Context, *created) error { return nil })}))
	e := &created{}
	if n := testing.AllocsPerRun(100, func() { _ = d.Dispatch(ctx, e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// subscriber is registered by a listener, at the first event.
type subscriber struct{}

func (s subscriber) Subscriptions() []rollcall.Listener {
	return listeners{on("subscribed late", `priority:"-1"`), on("subscribed early", `priority:"1"`)}
}

func TestListenerRegistersASubscriberLazily(t *testing.T) {
	m := &provider.Mutable{}
	register := rollcall.Once(rollcall.NewListener[*created]("register", func(c *created) error {
		_, err := m.AddSubscriber(subscriber{})
		return err
	}))
	if _, err := m.Add(register); err != nil {
		t.Fatal(err)
	}
	emitter := rollcall.NewEmitter[*created](rollcall.NewDispatcher(m))
	for _, want := range []string{"", "subscribed early subscribed late"} {
		e := &created{}
		if err := emitter.Emit(ctx, e); err != nil {
			t.Fatal(err)
		}
		coretest.Check(t, "called: a dispatch keeps the list that it began with", e.met(), want)
	}
}

func TestDispatchABareName(t *testing.T) {
	answer := rollcall.NewListener[*event.Generic]("x", func(g *event.Generic) { g.Arguments["answer"] = 42 }, `event:"shop.opened"`)
	d := rollcall.NewDispatcher(build(t, listeners{answer}))
	g, err := rollcall.Dispatch(ctx, d, &event.Generic{Name: "shop.opened"})
	if got, argErr := event.Argument[int](g, "answer"); got != 42 || err != nil || argErr != nil {
		t.Errorf("got %v, %v, %v", got, err, argErr)
	}
	if g, err := rollcall.Dispatch(ctx, d, &event.Generic{Name: "shop.closed"}); err != nil || len(g.Arguments) != 0 {
		t.Errorf("a name that nobody hears: %v, %v", g, err)
	}
}

func TestImmutableDispatcher(t *testing.T) {
	p := build(t, listeners{on("a")})
	d := rollcall.NewDispatcher(p)
	all := p.All()
	all[0].ID = "changed"
	list, _ := p.Listeners(&created{})
	if list.At(0).ID != "a" {
		t.Error("what All returned is the provider's own")
	}
	for what, can := range map[string]bool{
		"Append": implements[interface {
			Append(rollcall.Listener) (func(), error)
		}](d, p),
		"Remove": implements[interface {
			Remove(event.Key, string) bool
		}](d, p),
	} {
		if can {
			t.Errorf("it can %s", what)
		}
	}
}

func implements[I any](values ...any) bool {
	for _, v := range values {
		if _, ok := v.(I); ok {
			return true
		}
	}
	return false
}

func TestErrorsNameTheDeclaredEvent(t *testing.T) {
	p, err := provider.Build(listeners{failing("a", errListener)}, []rollcall.Declaration{rollcall.Declare[*created]("recipe.created")})
	if err != nil {
		t.Fatal(err)
	}
	checkError[*rollcall.ListenerError](t, rollcall.NewDispatcher(p).Dispatch(ctx, &created{}), "listener a of recipe.created: failed")
	named := rollcall.NewDispatcher(build(t, listeners{rollcall.NewListener[any]("b", func(any) error { return errListener })}))
	_, err = rollcall.Dispatch(ctx, named, &event.Generic{Name: "shop.opened"})
	checkError[*rollcall.ListenerError](t, err, "listener b of shop.opened: failed")
}

// A list that an implementer of providers made by hand works as well.
type handmade struct{ list *rollcall.Listeners }

func (h handmade) Listeners(any) (*rollcall.Listeners, error) { return h.list, nil }

func TestHandmadeProvider(t *testing.T) {
	list, err := coretest.ListOf(on("a"), failing("b", errListener))
	if err != nil {
		t.Fatal(err)
	}
	d := rollcall.NewDispatcher(handmade{list})
	checkError[*rollcall.ListenerError](t, d.Dispatch(ctx, &created{}), "listener b of *rollcall_test.created: failed")
	e := &created{}
	e.StopPropagation()
	if err := d.Dispatch(ctx, e); err != nil || e.met() != "" {
		t.Errorf("stopped: %v, %q", err, e.met())
	}
	generic, err := coretest.ListOf(rollcall.NewListener[*event.Generic]("g", func(*event.Generic) error { return errListener }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = rollcall.Dispatch(ctx, rollcall.NewDispatcher(handmade{generic}), &event.Generic{Name: "shop.opened"})
	checkError[*rollcall.ListenerError](t, err, "listener g of shop.opened: failed")
}

func TestBadEvents(t *testing.T) {
	d := rollcall.NewDispatcher(build(t, listeners{on("a"), rollcall.NewListener[any]("b", func(any) {})}))
	checkError[*rollcall.NilError](t, d.Dispatch(ctx, nil), "there is no event: the value is nil")
	var nilEvent *created
	if err := d.Dispatch(ctx, nilEvent); err == nil {
		t.Error("a nil pointer passed")
	}
	var nilGeneric *event.Generic
	err := d.Dispatch(ctx, nilGeneric)
	problem := checkError[*rollcall.PanicError](t, err,
		"finding the listeners of a *event.Generic: panic: runtime error: invalid memory address or nil pointer dereference")
	if len(problem.Stack) == 0 {
		t.Error("no stack")
	}
	if _, err := rollcall.Dispatch[any](ctx, d, nil); err == nil {
		t.Error("nothing passed as any")
	}
	if _, err := rollcall.Dispatch[event.Stoppable](ctx, d, nilEvent); err == nil {
		t.Error("a nil pointer passed as an interface")
	}
	//lint:ignore SA1012 a nil context must not crash the program
	if err := d.Dispatch(nil, &created{}); err == nil {
		t.Error("a nil context passed")
	}
}

// A dispatch to nobody asks for nothing.
func TestNobodyListens(t *testing.T) {
	everyWay(t, nil, func(t *testing.T, dispatch func(context.Context, *created) error) {
		if err := dispatch(ctx, &created{}); err != nil {
			t.Error(err)
		}
	})
}

func TestConcurrentDispatch(t *testing.T) {
	var count atomic.Int64
	m := &provider.Mutable{}
	add := func(id string) func() {
		remove, err := m.Append(rollcall.NewListener[*created](id, func(*created) { count.Add(1) }))
		if err != nil {
			t.Error(err)
			return func() {}
		}
		return remove
	}
	add("always")
	d := rollcall.NewDispatcher(m)
	traced := rollcall.NewTraced(m)
	buffered := rollcall.NewBuffered(d, nil)
	emitter := rollcall.NewEmitter[*created](d)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				remove := add(strings.Repeat("x", i+1))
				e := &created{}
				err := errors.Join(d.Dispatch(ctx, e), emitter.Emit(ctx, e), traced.Dispatch(ctx, e), buffered.Dispatch(ctx, e))
				_, flushErr := buffered.Flush(ctx)
				remove()
				traced.Called()
				traced.NotCalled()
				traced.Orphans()
				if err := errors.Join(err, flushErr); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := count.Load(); got < 8*100*4*2 {
		t.Errorf("%d calls, want at least %d: each of 3,200 dispatches has two listeners or more", got, 8*100*4*2)
	}
}

// A listener may write to the arguments of an event that came without any.
func TestGenericHasArguments(t *testing.T) {
	writes := rollcall.NewListener[*event.Generic]("writes", func(g *event.Generic) { g.Arguments["k"] = 1; g.Set("l", 2) })
	g, err := rollcall.Dispatch(ctx, rollcall.NewDispatcher(build(t, listeners{writes})), &event.Generic{Name: "foo"})
	if err != nil || g.Arguments["k"] != 1 || g.Arguments["l"] != 2 {
		t.Errorf("got %v, %v", g.Arguments, err)
	}
}
