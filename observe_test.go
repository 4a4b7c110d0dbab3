package rollcall_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// witness notes what an observer is told.
type witness struct {
	mu   sync.Mutex
	log  []string
	deaf bool // observes nothing
}

type witnessKey struct{}

func (w *witness) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, fmt.Sprintf(format, args...))
}

func (w *witness) Begin(ctx context.Context, d rollcall.Dispatched) (context.Context, rollcall.Observation) {
	if w.deaf {
		return ctx, nil
	}
	w.log = nil
	w.note("begin %s %T of %d", d.Event, d.Value, d.Listeners.Len())
	return context.WithValue(ctx, witnessKey{}, "dispatch"), watching{w, d}
}

type watching struct {
	*witness
	d rollcall.Dispatched
}

func (w watching) Calling(ctx context.Context, i int) context.Context {
	w.note("call %s", w.d.Listeners.At(i).ID)
	return context.WithValue(ctx, witnessKey{}, fmt.Sprint(ctx.Value(witnessKey{}), "/", i))
}

func (w watching) Returned(i int, err error) { w.note("%s: %v", w.d.Listeners.At(i).ID, err) }
func (w watching) Stopped(before int)        { w.note("stopped before %d", before) }
func (w watching) End(err error)             { w.note("end: %v", err) }

func TestObserve(t *testing.T) {
	stopping := rollcall.NewListener[*created]("stops", func(c *created) { c.StopPropagation() })
	for _, tt := range []struct {
		name      string
		listeners listeners
		options   []rollcall.Option
		want      string
	}{
		{"all called", listeners{on("a"), on("b")}, nil, "call a; a: nil; call b; b: nil; end: nil"},
		{"an error", listeners{failing("a", errListener), on("b")}, nil,
			"call a; a: listener a of T: failed; end: listener a of T: failed"},
		{"all errors", listeners{failing("a", errListener), on("b")}, []rollcall.Option{rollcall.CollectErrors()},
			"call a; a: listener a of T: failed; call b; b: nil; end: listener a of T: failed"},
		{"a panic", listeners{panicking("a", "no"), on("b")}, nil,
			"call a; a: listener a of T: panic: no; end: listener a of T: panic: no"},
		{"a panic among all errors", listeners{panicking("a", "no"), on("b")}, []rollcall.Option{rollcall.CollectErrors()},
			"call a; a: listener a of T: panic: no; call b; b: nil; end: listener a of T: panic: no"},
		{"stopped", listeners{on("a"), stopping, on("c")}, nil,
			"call a; a: nil; call stops; stops: nil; stopped before 2; end: nil"},
		{"stopped by the last", listeners{stopping}, nil, "call stops; stops: nil; end: nil"},
		{"nobody listens", nil, nil, "end: nil"},
		{"parallel", listeners{on("a", `priority:"first"`), stopping, on("c", `priority:"last"`)}, []rollcall.Option{rollcall.Parallel(4)},
			"call a; a: nil; call stops; stops: nil; stopped before 2; end: nil"},
		{"a panic in parallel", listeners{on("a", `priority:"first"`), panicking("b", "no")}, []rollcall.Option{rollcall.Parallel(4)},
			"call a; a: nil; call b; b: listener b of T: panic: no; end: listener b of T: panic: no"},
		{"parallel, nobody listens", nil, []rollcall.Option{rollcall.Parallel(4)}, "end: nil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &witness{}
			want := fmt.Sprintf("begin T T of %d; %s", len(tt.listeners), tt.want)
			everyWay(t, tt.listeners, func(t *testing.T, dispatch func(context.Context, *created) error) {
				w.log = nil
				_ = dispatch(ctx, &created{})
				coretest.Check(t, "observed", w.seen(), want)
			}, append(tt.options, rollcall.Observe(w))...)
		})
	}
}

// seen is the log, shortened.
func (w *witness) seen() string {
	return strings.NewReplacer("*rollcall_test.created", "T", "<nil>", "nil").Replace(strings.Join(w.log, "; "))
}

func TestObserveInterrupted(t *testing.T) {
	w := &witness{}
	done, cancel := context.WithCancel(ctx)
	d := rollcall.NewDispatcher(build(t, listeners{rollcall.NewListener[*created]("a", func(*created) { cancel() }), on("b")}), rollcall.Observe(w))
	_ = d.Dispatch(done, &created{})
	coretest.Check(t, "observed", w.seen(), "begin T T of 2; call a; a: nil; end: dispatch of T stopped before listener b: context canceled")
}

// A panic that passes is told as one, and passes.
func TestObservePassingPanic(t *testing.T) {
	for _, options := range [][]rollcall.Option{nil, {rollcall.CollectErrors()}} {
		w := &witness{}
		d := rollcall.NewDispatcher(build(t, listeners{on("a"), panicking("b", "no")}),
			append(options, rollcall.PassPanics(), rollcall.Observe(w))...)
		func() {
			defer func() { coretest.Check(t, "the panic", fmt.Sprint(recover()), "no") }()
			_ = d.Dispatch(ctx, &created{})
		}()
		passes := rollcall.ErrPanicPasses.Error()
		coretest.Check(t, "observed", w.seen(), "begin T T of 2; call a; a: nil; call b; b: "+passes+"; end: "+passes)
	}
}

// Listeners get the context that the observers give, the first one's first.
func TestObserversGiveContexts(t *testing.T) {
	var got []any
	hears := func(id string) rollcall.Listener {
		return rollcall.NewListener[*created](id, func(ctx context.Context, _ *created) { got = append(got, ctx.Value(witnessKey{})) })
	}
	p := build(t, listeners{hears("a"), hears("b")})
	one, deaf, other := &witness{}, &witness{deaf: true}, &witness{}
	_ = rollcall.NewDispatcher(p, rollcall.Observe(deaf), rollcall.Observe(nil), rollcall.Observe(one), rollcall.Observe(deaf)).Dispatch(ctx, &created{})
	coretest.Check(t, "one observes", fmt.Sprint(got), "[dispatch/0 dispatch/1]")
	got = nil
	_ = rollcall.NewDispatcher(p, rollcall.Observe(one), rollcall.Observe(other)).Dispatch(ctx, &created{})
	coretest.Check(t, "two observe", fmt.Sprint(got), "[dispatch/0/0 dispatch/1/1]")
	if !slices.Equal(one.log, other.log) {
		t.Errorf("they were told different things:\n%q\n%q", one.log, other.log)
	}
	if err := rollcall.NewDispatcher(p, rollcall.Observe(deaf)).Dispatch(ctx, &created{}); err != nil {
		t.Error(err)
	}
}

// A listener that ends its goroutine, as t.FailNow does, ends the observation.
func TestObserveGoexit(t *testing.T) {
	w := &witness{}
	d := rollcall.NewDispatcher(build(t, listeners{rollcall.NewListener[*created]("a", func(*created) { runtime.Goexit() })}), rollcall.Observe(w))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = d.Dispatch(ctx, &created{})
	}()
	<-ended
	coretest.Check(t, "observed", w.seen(), "begin T T of 1; call a; end: "+rollcall.ErrPanicPasses.Error())
}

// In parallel, a listener that ends its goroutine fails the dispatch, and all
// others have ended before the observation does.
func TestParallelGoexit(t *testing.T) {
	for _, first := range []string{"leaves", "stays"} { // the caller's goroutine calls the first one
		w := &witness{}
		begun := make(chan struct{})
		leaves := rollcall.NewListener[*created]("leaves", func(*created) { <-begun; runtime.Goexit() })
		stays := rollcall.NewListener[*created]("stays", func(*created) { close(begun) })
		all := listeners{leaves, stays}
		if first == "stays" {
			all = listeners{stays, leaves}
		}
		all = append(all, on("later", `after:"leaves"`))
		d := rollcall.NewDispatcher(build(t, all), rollcall.Observe(w), rollcall.Parallel(2))
		returned := make(chan error, 1)
		go func() {
			defer close(returned)
			returned <- d.Dispatch(ctx, &created{})
		}()
		if err, ok := <-returned; ok && err == nil {
			t.Errorf("%s first: the dispatch succeeded", first)
		}
		if log := w.seen(); strings.Contains(log, "call later") || !strings.Contains(log, "stays: nil") || !strings.Contains(log[strings.LastIndex(log, "; "):], "end: ") {
			t.Errorf("%s first: %s", first, log)
		}
	}
}

// Whoever waits for a listener that ends its goroutine is called all the same.
func TestParallelGoexitCollects(t *testing.T) {
	for range 100 {
		w, begun := &witness{}, make(chan struct{})
		leave := func(*created) {
			close(begun)
			for range 100 { // until the other worker has nothing to do, as a rule
				runtime.Gosched()
			}
			runtime.Goexit()
		}
		d := rollcall.NewDispatcher(build(t, listeners{
			rollcall.NewListener[*created]("stays", func(*created) { <-begun }), rollcall.NewListener[*created]("leaves", leave), idle("later", `after:"leaves"`),
		}), rollcall.Observe(w), rollcall.Parallel(2), rollcall.CollectErrors())
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			if err := d.Dispatch(ctx, &created{}); !strings.Contains(w.seen(), "call later") {
				t.Errorf("later was not called: %v", err)
			}
		}()
		<-returned
	}
}

// A listener that ends its goroutine fails the dispatch, which returns when all others
// have ended.
func TestParallelGoexitWaitsForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, running := &witness{}, make(chan struct{})
		leaves := rollcall.NewListener[*created]("leaves", func(*created) { <-running; runtime.Goexit() })
		runs := rollcall.NewListener[*created]("runs", func(c *created) {
			close(running)
			synctest.Wait() // until the other has left
		})
		d := rollcall.NewDispatcher(build(t, listeners{leaves, runs, idle("later", `after:"leaves"`)}), rollcall.Observe(w), rollcall.Parallel(2))
		err := d.Dispatch(ctx, &created{})
		if log := w.seen(); !errors.Is(err, rollcall.ErrPanicPasses) || strings.Contains(log, "later") || !strings.Contains(log, "runs: nil; end: ") {
			t.Errorf("%v: %s", err, log)
		}
	})
}

// idle is a listener that does nothing, at whatever time.
func idle(id string, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*created](id, func(*created) {}, tag...)
}

// hostile panics when it is told that a listener has returned.
type hostile struct{ watching }

func (h hostile) Begin(ctx context.Context, d rollcall.Dispatched) (context.Context, rollcall.Observation) {
	return ctx, hostile{watching{&witness{}, d}}
}

func (h hostile) Returned(int, error) { panic("an observer") }

// The panic of an observer passes in the caller's goroutine, whichever it was in.
func TestParallelObserverPanics(t *testing.T) {
	for range 100 {
		d := rollcall.NewDispatcher(build(t, listeners{idle("a"), idle("b"), idle("c")}), rollcall.Observe(hostile{}), rollcall.Parallel(3))
		func() {
			defer func() {
				if value := recover(); value != "an observer" {
					t.Errorf("recovered %v", value)
				}
			}()
			t.Error("returned", d.Dispatch(ctx, &created{}))
		}()
	}
}

// An asynchronous listener is called by its receiver, so that a dispatch does not
// say that it was.
func TestObserveAsync(t *testing.T) {
	for name, option := range map[string]rollcall.Option{"sequential": nil, "parallel": rollcall.Parallel(4), "collecting": rollcall.CollectErrors()} {
		var publishing error
		e := rollcall.Declare[*created]("recipe.created")
		e.Publish = func(context.Context, any) error { return publishing }
		p, err := provider.Build(listeners{on("a"), on("b", `async:"k"`), on("c", `async:"l"`)}, []rollcall.Declaration{e})
		if err != nil {
			t.Fatal(err)
		}
		w := &witness{}
		d := rollcall.NewDispatcher(p, rollcall.Observe(w), option)
		if err := d.Dispatch(ctx, &created{}); err != nil {
			t.Fatal(err)
		}
		coretest.Check(t, name, w.seen(), "begin recipe.created T of 3; call a; a: nil; end: nil")
		publishing = errListener
		_ = d.Dispatch(ctx, &created{})
		coretest.Check(t, name, w.seen(), "begin recipe.created T of 3; call a; a: nil; end: publishing recipe.created for the receivers of k, l: failed")
	}
}

// That the event is stopped is told once; where asking it fails, not at all.
func TestObserveStoppedInParallel(t *testing.T) {
	w := &witness{}
	e := &created{}
	e.StopPropagation()
	_ = rollcall.NewDispatcher(build(t, listeners{on("a"), on("b"), on("c")}), rollcall.Observe(w), rollcall.Parallel(4)).Dispatch(ctx, e)
	if log := w.seen(); strings.Count(log, "stopped") != 1 {
		t.Error(log)
	}
	_ = rollcall.NewDispatcher(build(t, listeners{on("a")}), rollcall.Observe(w), rollcall.Parallel(4)).Dispatch(ctx, (*created)(nil))
	if log := w.seen(); strings.Contains(log, "stopped before") {
		t.Error(log)
	}
}
