package rollcall_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

func asTags(texts []string) []tags.Tag {
	var list []tags.Tag
	for _, text := range texts {
		list = append(list, tags.Tag(text))
	}
	return list
}

type indexer struct{ seen int }

func (i *indexer) OnCreated(context.Context, *created) error { i.seen++; return nil }

func plainFunction(c *created) { c.note("function") }

func TestClosuresFunctionsMethods(t *testing.T) {
	i := &indexer{}
	p := coretest.Must[*provider.Sorted](t)(provider.Build([]rollcall.Listener{
		rollcall.NewListener[*created]("closure", func(c *created) { c.note("closure") }),
		rollcall.NewListener[*created]("", plainFunction),
		rollcall.NewListener[*created]("", i.OnCreated),
	}, nil))
	coretest.Check(t, "called", called(t, p), "closure function")
	if i.seen != 1 {
		t.Errorf("the method was called %d times", i.seen)
	}
	coretest.Check(t, "IDs", coretest.IDsFor(t, p, &created{}), "closure rollcall_test.plainFunction rollcall_test.indexer.OnCreated")
}

// Each form of a listener function is called, by event type known and unknown.
func TestFuncForms(t *testing.T) {
	var got rollcall.Origin
	listeners := map[string]rollcall.Listener{
		"event":        rollcall.NewListener[*created]("x", func(c *created) { c.note("called") }),
		"event, error": rollcall.NewListener[*created]("x", func(c *created) error { c.note("called"); return errListener }),
		"ctx":          rollcall.NewListener[*created]("x", func(_ context.Context, c *created) { c.note("called") }),
		"ctx, error":   rollcall.NewListener[*created]("x", func(_ context.Context, c *created) error { c.note("called"); return errListener }),
		"origin":       rollcall.NewListener[*created]("x", func(_ context.Context, c *created, o rollcall.Origin) { got = o; c.note("called") }),
		"origin, error": rollcall.NewListener[*created]("x", func(_ context.Context, c *created, o rollcall.Origin) error {
			got = o
			c.note("called")
			return errListener
		}),
	}
	for name, l := range listeners {
		t.Run(name, func(t *testing.T) { checkForm(t, name, l, &got) })
	}
}

func checkForm(t *testing.T, name string, l rollcall.Listener, got *rollcall.Origin) {
	t.Helper()
	list := coretest.Must[*rollcall.Listeners](t)(coretest.ListOf(l))
	ctx := context.Background()
	var want error
	if strings.Contains(name, "error") {
		want = errListener
	}
	typed, erased := &created{}, &created{}
	err1 := coretest.CallAt[*created](list, 0)(ctx, typed)
	err2 := coretest.CallAt[any](list, 0)(ctx, erased)
	if err1 != want || err2 != want || len(typed.log) != 1 || len(erased.log) != 1 {
		t.Errorf("got %v, %v, %v, %v; want %v", err1, err2, typed.log, erased.log, want)
	}
	if strings.Contains(name, "origin") && got.Name != "the name" {
		t.Errorf("origin is %v", *got)
	}
}

func TestTypedFuncsOfAListenerOfAnotherType(t *testing.T) {
	list := coretest.Must[*rollcall.Listeners](t)(coretest.ListOf(onChange("x")))
	e := &created{}
	if err := coretest.CallAt[*created](list, 0)(context.Background(), e); err != nil || len(e.log) != 1 {
		t.Errorf("got %v, %v", err, e.log)
	}
	wrong := coretest.Must[*rollcall.Listeners](t)(coretest.ListOf(on("x")))
	err := coretest.CallAt[*deleted](wrong, 0)(context.Background(), &deleted{})
	coretest.Check(t, "the error", err.Error(), "it takes *rollcall_test.created, but the event is a *rollcall_test.deleted")
}

func TestNewListenerErrors(t *testing.T) {
	var nilFunc func(*created)
	noop := func(*created) {}
	for _, tt := range []struct {
		name string
		l    rollcall.Listener
		want string
	}{
		{"zero", rollcall.Listener{}, "listener without ID can't be used: it has no function: make it with rollcall.NewListener"},
		{"nil function", rollcall.NewListener[*created]("x", nilFunc), "listener x (HERE) can't be used: its function is nil"},
		{"no ID", rollcall.Lazy("", func() (func(context.Context, *created) error, error) { return nil, nil }),
			"listener without ID (HERE) can't be used: a lazy listener needs an ID"},
		{"nil build", rollcall.Lazy[*created]("x", nil), "listener x (HERE) can't be used: its build function is nil"},
		{"bad tag", rollcall.NewListener[*created]("x", noop, `prio:"1"`),
			"listener x (HERE) can't be used: tag `prio:\"1\"`, column 1: unknown key \"prio\", did you mean priority? The keys are event, id, method, group, priority, labels, before, after, async"},
		{"foreign key", rollcall.NewListener[*created]("x", noop, `method:"On"`),
			"listener x (HERE) can't be used: its tag may have the keys event, priority, labels, before, after and async only"},
		{"two tags", rollcall.NewListener[*created]("x", noop, `priority:"1"`, `priority:"2"`),
			"listener x (HERE) can't be used: it has more than one tag: write one, or make a listener of each"},
		{"no event", func() rollcall.Listener { l := on("x"); l.Event = event.Key{}; return l }(),
			"listener x (HERE) can't be used: it has no event"},
		{"ID with a comma", on("a,b"), `listener a,b (HERE) can't be used: an ID must not hold a comma: "a,b"`},
		{"ID of a label", on("@a"), `listener @a (HERE) can't be used: an ID must not begin with @: "@a"`},
		{"ID with a star", on("a*"), `listener a* (HERE) can't be used: an ID must not hold a star: "a*"`},
		{"bad label", rollcall.NewListener[*created]("x", noop, `labels:"a, @b"`),
			"listener x (HERE) can't be used: tag `labels:\"a, @b\"`, column 8: a label must not begin with @: \"@b\""},
		{"ID of an optional target", on("?c"), "listener ?c (HERE) can't be used: an ID must not begin with a question mark: \"?c\""},
		{"ID in spaces", on(" d "), "listener  d  (HERE) can't be used: an ID must not have spaces around it: \" d \""},
		{"blank ID", func() rollcall.Listener { l := on("x"); l.ID = " "; return l }(),
			"listener   (HERE) can't be used: it has no ID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkError[*rollcall.InvalidListenerError](t, coretest.Here(tt.l.Err()), tt.want)
			_, err := coretest.ListOf(tt.l)
			checkError[*rollcall.InvalidListenerError](t, coretest.Here(err), tt.want)
		})
	}
	if l := on("x"); l.Err() != nil || l.Takes() != createdKey.Type() {
		t.Error("a good listener has an error, or forgot what it takes")
	}
}

func TestLazilyBuiltListeners(t *testing.T) {
	built, fail := 0, true
	l := rollcall.Lazy("lazy", func() (func(context.Context, *created) error, error) {
		built++
		if fail {
			return nil, errListener
		}
		return func(_ context.Context, c *created) error { c.note("lazy"); return nil }, nil
	}, `priority:"first"`)
	p := coretest.Must[*provider.Sorted](t)(provider.Build([]rollcall.Listener{on("other"), l}, nil))
	if built != 0 {
		t.Fatal("built before the first event")
	}
	list := coretest.Must[*rollcall.Listeners](t)(p.Listeners(&created{}))
	err := coretest.CallAt[any](list, 0)(context.Background(), &created{})
	coretest.Check(t, "the error", err.Error(), "building the listener: failed")
	if !errors.Is(err, errListener) {
		t.Error("the cause is lost")
	}
	fail = false
	coretest.Check(t, "second event", called(t, p), "lazy other")
	coretest.Check(t, "third event", called(t, p), "lazy other")
	if built != 2 {
		t.Errorf("built %d times, want once after one failure", built)
	}
}

func TestLazyWithoutAFunction(t *testing.T) {
	l := rollcall.Lazy("lazy", func() (func(context.Context, *created) error, error) { return nil, nil })
	list := coretest.Must[*rollcall.Listeners](t)(coretest.ListOf(l))
	err := coretest.CallAt[*created](list, 0)(context.Background(), &created{})
	coretest.Check(t, "the error", err.Error(), "building the listener: its build function returned a nil function")
}

func TestOriginWithoutDispatcher(t *testing.T) {
	err := rollcall.Origin{}.Dispatch(context.Background(), &created{})
	if err == nil || !strings.Contains(err.Error(), "has no dispatcher") {
		t.Error(err)
	}
}

func TestFromFunc(t *testing.T) {
	fields := tags.Fields{Event: "x.y", ID: "a", Placement: ordering.Placement{Source: "here"}}
	l := rollcall.FromFunc(func(context.Context, *testing.T) error { return errors.New("called") }, fields)
	if l.ID != "a" || l.Event != event.NameKey("x.y") || l.Placement.Source != "here" || l.Source != "" || l.Err() != nil {
		t.Errorf("got %+v, %v", l, l.Err())
	}
	typed := rollcall.FromFunc(func(context.Context, *testing.T) error { return nil }, tags.Fields{ID: "b"})
	if typed.Event != event.KeyOf[*testing.T]() {
		t.Errorf("got %v", typed.Event)
	}
	if err := rollcall.FromFunc[int](nil, tags.Fields{ID: "c"}).Err(); err == nil || !strings.Contains(err.Error(), "its function is nil") {
		t.Errorf("got %v", err)
	}
}

// What a provider was given may be changed afterwards.
func TestProvidersShareNothingWithTheirCallers(t *testing.T) {
	for name, provide := range map[string]func(listeners) rollcall.Provider{
		"Build": func(l listeners) rollcall.Provider { return coretest.Must[*provider.Sorted](t)(provider.Build(l, nil)) },
		"NewMap": func(l listeners) rollcall.Provider {
			return coretest.Must[*provider.Map](t)(provider.NewMap(map[event.Key][]rollcall.Listener{createdKey: l}))
		},
		"Mutable": func(l listeners) rollcall.Provider {
			m := &provider.Mutable{}
			coretest.Must[func()](t)(m.AddSubscriber(several(l)))
			return m
		},
	} {
		given := listeners{on("a"), on("b", `after:"a" before:"?z"`)}
		p := provide(given)
		given[1].Placement.After[0].ID, given[1].Placement.Before[0].ID, given[0] = "y", "y", on("x")
		coretest.Check(t, name, coretest.IDsFor(t, p, theEvent), "a b")
		list := coretest.Must[*rollcall.Listeners](t)(p.Listeners(theEvent))
		coretest.Check(t, name, list.At(1).Placement.String(), "before ?z, after a")
	}
}
