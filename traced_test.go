package rollcall_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
)

func TestTracedDispatcher(t *testing.T) {
	d := rollcall.NewTraced(build(t, listeners{
		on("a"),
		rollcall.NewListener[*created]("fails once", func(c *created) error {
			if len(c.log) == 1 {
				c.note("failed")
				return errListener
			}
			return nil
		}),
		on("c"),
		rollcall.NewListener[*deleted]("d", func(*deleted) {}),
		rollcall.NewListener[*event.Generic]("a", func(*event.Generic) {}, `event:"shop.opened"`),
	}))
	e := &created{}
	_ = d.Dispatch(ctx, e) // a, fails once
	_ = d.Dispatch(ctx, e) // a, fails once, c
	_ = d.Dispatch(ctx, 7)
	_ = d.Dispatch(ctx, 8)
	_, _ = rollcall.Dispatch(ctx, d, &event.Generic{Name: "shop.closed"})

	want := []rollcall.TracedCall{
		{Event: "*rollcall_test.created", Listener: "a", Times: 2},
		{Event: "*rollcall_test.created", Listener: "fails once", Times: 2, Failed: 1},
		{Event: "*rollcall_test.created", Listener: "c", Times: 1},
	}
	if diff := cmp.Diff(want, d.Called()); diff != "" {
		t.Errorf("called: %s", diff)
	}
	var left []string
	for _, l := range d.NotCalled() {
		left = append(left, l.ID+" of "+l.Event.String())
	}
	if diff := cmp.Diff([]string{"d of *rollcall_test.deleted", "a of shop.opened"}, left); diff != "" {
		t.Errorf("not called: %s", diff)
	}
	if diff := cmp.Diff([]string{"int", "shop.closed"}, d.Orphans()); diff != "" {
		t.Errorf("events nobody heard: %s", diff)
	}
}

func TestTracedCountsPanicsAsFailures(t *testing.T) {
	d := rollcall.NewTraced(build(t, listeners{panicking("a", "no")}))
	checkError[*rollcall.PanicError](t, d.Dispatch(ctx, &created{}), "listener a of *rollcall_test.created: panic: no")
	if got := d.Called(); len(got) != 1 || got[0].Failed != 1 {
		t.Errorf("got %v", got)
	}
}

// What a listener dispatches further is traced as well.
func TestTracedSeesFurtherDispatches(t *testing.T) {
	d := rollcall.NewTraced(build(t, listeners{
		rollcall.NewListener[*created]("a", func(ctx context.Context, _ *created, o rollcall.Origin) error { return o.Dispatch(ctx, 7) }),
	}))
	if err := d.Dispatch(ctx, &created{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"int"}, d.Orphans()); diff != "" {
		t.Error(diff)
	}
}

// shared is a provider that hands out its own slice.
type shared struct {
	rollcall.Provider
	all []rollcall.Listener
}

func (s shared) All() []rollcall.Listener { return s.all }

// What a provider hands out is not changed.
func TestTracedLeavesTheProviderAlone(t *testing.T) {
	p := build(t, listeners{on("a"), rollcall.NewListener[int]("b", func(int) {})})
	s := shared{p, p.All()}
	d := rollcall.NewTraced(s)
	if err := d.Dispatch(ctx, &created{}); err != nil {
		t.Fatal(err)
	}
	if got := d.NotCalled(); len(got) != 1 || got[0].ID != "b" || s.all[0].ID != "a" || s.all[1].ID != "b" {
		t.Errorf("not called: %v, all: %v", got, s.all)
	}
}

func TestTracedOverAHandmadeProvider(t *testing.T) {
	list, err := coretest.ListOf(on("a"))
	if err != nil {
		t.Fatal(err)
	}
	d := rollcall.NewTraced(handmade{list})
	if err := d.Dispatch(ctx, &created{}); err != nil {
		t.Fatal(err)
	}
	if got := d.Called(); len(got) != 1 || got[0].Event != "*rollcall_test.created" || len(d.NotCalled()) != 0 {
		t.Errorf("got %v, %v", got, d.NotCalled())
	}
}

// After a Reset, a Traced knows what a new one knows.
func TestTracedReset(t *testing.T) {
	d := rollcall.NewTraced(build(t, listeners{on("a")}))
	for range 2 {
		for _, ev := range []any{&created{}, 7} {
			if err := d.Dispatch(ctx, ev); err != nil {
				t.Fatal(err)
			}
		}
		want := []rollcall.TracedCall{{Event: "*rollcall_test.created", Listener: "a", Times: 1}}
		if diff := cmp.Diff(want, d.Called()); diff != "" {
			t.Errorf("called: %s", diff)
		}
		if diff := cmp.Diff([]string{"int"}, d.Orphans()); diff != "" {
			t.Errorf("orphans: %s", diff)
		}
		d.Reset()
		if called, left, orphans := d.Called(), d.NotCalled(), d.Orphans(); len(called) != 0 || len(left) != 1 || len(orphans) != 0 {
			t.Errorf("after a reset: called %v, not called %v, orphans %v", called, left, orphans)
		}
	}
}
