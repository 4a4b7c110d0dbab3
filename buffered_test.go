package rollcall_test

import (
	"context"
	"errors"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/coretest"
)

func TestBufferedDispatcher(t *testing.T) {
	b := rollcall.NewBuffered(rollcall.NewDispatcher(build(t, listeners{on("a")})), nil)
	first, second := &created{}, &created{}
	for _, e := range []*created{first, second} {
		if err := b.Dispatch(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	if first.met() != "" || b.Len() != 2 {
		t.Fatalf("dispatched at once, %d left", b.Len())
	}
	dispatched, err := b.Flush(ctx)
	if err != nil || len(dispatched) != 2 || dispatched[0] != any(first) || dispatched[1] != any(second) {
		t.Errorf("Flush returned %v, %v", dispatched, err)
	}
	coretest.Check(t, "called", first.met()+second.met(), "aa")
	if again, err := b.Flush(ctx); len(again) != 0 || err != nil || b.Len() != 0 {
		t.Errorf("a second Flush: %v, %v", again, err)
	}
}

func TestBufferedDiscriminator(t *testing.T) {
	b := rollcall.NewBuffered(rollcall.NewDispatcher(build(t, listeners{on("a"), rollcall.NewListener[*deleted]("b", func(d *deleted) { d.n++ })})),
		func(ev any) bool { _, ok := ev.(*created); return ok })
	kept, passed := &created{}, &deleted{}
	if err := errors.Join(b.Dispatch(ctx, kept), b.Dispatch(ctx, passed)); err != nil {
		t.Fatal(err)
	}
	if kept.met() != "" || passed.n != 1 || b.Len() != 1 {
		t.Errorf("kept %q, passed %d, %d in the buffer", kept.met(), passed.n, b.Len())
	}
}

func TestBufferedDropsStoppedEvents(t *testing.T) {
	b := rollcall.NewBuffered(rollcall.NewDispatcher(build(t, listeners{on("a")})), nil)
	stopped, later := &created{}, &created{}
	stopped.StopPropagation()
	if err := errors.Join(b.Dispatch(ctx, stopped), b.Dispatch(ctx, later)); err != nil || b.Len() != 1 {
		t.Errorf("%v, %d in the buffer", err, b.Len())
	}
	later.StopPropagation() // while it is in the buffer
	if _, err := b.Flush(ctx); err != nil || later.met() != "" {
		t.Errorf("%v, called %q", err, later.met())
	}
}

func TestFlushGoesOnAfterAnError(t *testing.T) {
	b := rollcall.NewBuffered(rollcall.NewDispatcher(build(t, listeners{failing("a", errListener)})), nil)
	events := []*created{{}, {}, {}}
	for _, e := range events {
		if err := b.Dispatch(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	dispatched, err := b.Flush(ctx)
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 3 || len(dispatched) != 3 {
		t.Errorf("got %v, %v", dispatched, err)
	}
	coretest.Check(t, "the last", events[2].met(), "a")
}

func TestFlushLosesNothingWhenTheContextEnds(t *testing.T) {
	cancellable, cancel := context.WithCancel(ctx)
	stop := rollcall.NewListener[*created]("stop", func(c *created) { c.note("stop"); cancel() })
	b := rollcall.NewBuffered(rollcall.NewDispatcher(build(t, listeners{stop})), nil)
	events := []*created{{}, {}, {}}
	for _, e := range events {
		_ = b.Dispatch(ctx, e)
	}
	dispatched, err := b.Flush(cancellable)
	if len(dispatched) != 1 || !errors.Is(err, context.Canceled) || b.Len() != 2 {
		t.Errorf("%d dispatched, %v, %d left", len(dispatched), err, b.Len())
	}
	if dispatched, err := b.Flush(ctx); len(dispatched) != 2 || err != nil {
		t.Errorf("then %d dispatched, %v", len(dispatched), err)
	}
}

func TestFlushLosesNothingWhenAPanicPasses(t *testing.T) {
	b := rollcall.NewBuffered(rollcall.NewDispatcher(build(t, listeners{panicking("a", "no")}), rollcall.PassPanics()), nil)
	_ = b.Dispatch(ctx, &created{})
	_ = b.Dispatch(ctx, &created{})
	func() {
		defer func() { _ = recover() }()
		_, _ = b.Flush(ctx)
	}()
	if b.Len() != 1 {
		t.Errorf("%d left, want the one that was not dispatched", b.Len())
	}
}

// What listeners dispatch during a flush waits for the next.
func TestDispatchDuringFlush(t *testing.T) {
	var b *rollcall.Buffered
	again := rollcall.NewListener[*created]("again", func(ctx context.Context, c *created) error { return b.Dispatch(ctx, &deleted{}) })
	b = rollcall.NewBuffered(rollcall.NewDispatcher(build(t, listeners{again})), nil)
	_ = b.Dispatch(ctx, &created{})
	for _, want := range []int{1, 1, 0} {
		if dispatched, err := b.Flush(ctx); len(dispatched) != want || err != nil {
			t.Fatalf("%d dispatched, %v; want %d", len(dispatched), err, want)
		}
	}
}

func TestBufferedRefusesBadEvents(t *testing.T) {
	b := rollcall.NewBuffered(rollcall.NewDispatcher(build(t, nil)), nil)
	checkError[*rollcall.NilError](t, b.Dispatch(ctx, nil), "there is no event: the value is nil")
	var nilEvent *created
	checkError[*rollcall.PanicError](t, b.Dispatch(ctx, nilEvent),
		"asking a *rollcall_test.created whether it is stopped: panic: runtime error: invalid memory address or nil pointer dereference")
	if b.Len() != 0 {
		t.Error("buffered")
	}
}
