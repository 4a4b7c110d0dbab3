package provider_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

type sent struct{ log []string }

// asynchronous is a provider of a *sent that is published by publish.
func asynchronous(t *testing.T, publish func(context.Context, any) error, listeners ...rollcall.Listener) *provider.Sorted {
	t.Helper()
	e := rollcall.Declare[*sent]("sent")
	e.Publish = publish
	p, err := provider.Build(listeners, []rollcall.Declaration{e})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// received provides the asynchronous listeners of a key, as receivers call them.
func received(t *testing.T, p rollcall.Provider, key string) rollcall.Provider {
	t.Helper()
	var mine []rollcall.Listener
	for _, l := range coretest.Must[*rollcall.Listeners](t)(p.Listeners(&sent{})).All() {
		if l.Async == key {
			l.Async = ""
			mine = append(mine, l)
		}
	}
	return coretest.FixedList{List: coretest.Must[*rollcall.Listeners](t)(coretest.ListOf(mine...))}
}

func noting(id string, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*sent](id, func(e *sent) { e.log = append(e.log, id) }, tag...)
}

func TestAsyncIsPublishedOnce(t *testing.T) {
	p := asynchronous(t, func(_ context.Context, ev any) error {
		ev.(*sent).log = append(ev.(*sent).log, "published")
		return nil
	},
		noting("a", `async:"k" priority:"first"`), noting("b"), noting("c", `async:"l"`), noting("d", `priority:"last"`), noting("e", `async:"k" priority:"2"`))
	e := &sent{}
	if err := rollcall.NewDispatcher(p).Dispatch(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(e.log); got != "[b d published]" {
		t.Errorf("a dispatch called %s", got)
	}
	list, err := p.Listeners(e)
	if err != nil {
		t.Fatal(err)
	}
	if keys := list.Keys(); !slices.Equal(keys, []string{"k", "l"}) {
		t.Errorf("got the keys %v", keys)
	}
	for key, want := range map[string]string{"k": "[a e]", "l": "[c]", "other": "[]"} {
		e := &sent{}
		if err := rollcall.NewDispatcher(received(t, p, key)).Dispatch(t.Context(), e); err != nil || fmt.Sprint(e.log) != want {
			t.Errorf("received by %s: %v, %v; want %s", key, e.log, err, want)
		}
	}
	if keys := (*rollcall.Listeners)(nil).Keys(); keys != nil {
		t.Errorf("nil has the keys %v", keys)
	}
}

// What was moved behind others is not right beside its target any more.
func TestAsyncReasons(t *testing.T) {
	publish := func(context.Context, any) error { return nil }
	for name, c := range map[string]struct {
		listeners []rollcall.Listener
		want      []string
	}{
		"moved away":    {[]rollcall.Listener{noting("a"), noting("c", `async:"k" after:"a"`), noting("b")}, []string{"a: priority 0 (default)", "b: priority 0 (default)", "c: asynchronous, after a"}},
		"left behind":   {[]rollcall.Listener{noting("a", `before:"c"`), noting("c", `async:"k"`), noting("b")}, []string{"a: before c", "b: priority 0 (default)", "c: asynchronous, priority 0 (default) of key k"}},
		"still beside":  {[]rollcall.Listener{noting("b"), noting("a"), noting("c", `async:"k" after:"a"`)}, []string{"b: priority 0 (default), before a as declared", "a: priority 0 (default)", "c: asynchronous, after a"}},
		"of one block":  {[]rollcall.Listener{noting("a"), noting("c", `async:"k" after:"a"`), noting("b", `after:"a"`)}, []string{"a: priority 0 (default)", "b: right after a", "c: asynchronous, after a"}},
		"apart before":  {[]rollcall.Listener{noting("w", `async:"k"`), noting("a"), noting("c", `before:"a,w"`)}, []string{"c: right before a", "a: priority 0 (default)", "w: asynchronous, priority 0 (default) of key k"}},
		"both received": {[]rollcall.Listener{noting("a", `async:"k"`), noting("b"), noting("c", `async:"k" after:"a"`)}, []string{"b: priority 0 (default)", "a: asynchronous, priority 0 (default) of key k", "c: asynchronous, right after a"}},
	} {
		list, err := asynchronous(t, publish, c.listeners...).Listeners(&sent{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, l := range list.All() {
			reason, _ := list.Reason(i)
			got = append(got, l.ID+": "+reason.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A chain puts the listeners of another provider between.
func TestAsyncReasonsInAChain(t *testing.T) {
	publish := func(context.Context, any) error { return nil }
	chain := provider.NewChain(asynchronous(t, publish, noting("a"), noting("c", `async:"k" after:"a"`)), asynchronous(t, publish, noting("b")))
	list := coretest.Must[*rollcall.Listeners](t)(chain.Listeners(&sent{}))
	if reason, ok := list.Reason(2); !ok || reason.String() != "asynchronous, after a" {
		t.Errorf("%s stands there for %q, %t", list.At(2).ID, reason, ok)
	}
}

// A provider of providers publishes for whoever is left, and after all others.
func TestAsyncThroughOthers(t *testing.T) {
	publish := func(_ context.Context, ev any) error {
		ev.(*sent).log = append(ev.(*sent).log, "published")
		return nil
	}
	p := asynchronous(t, publish, noting("a"), noting("b", `async:"k"`), noting("c", `async:"l"`))
	without := func(ids ...string) *provider.Filter {
		return provider.NewFilter(p, func(_ any, l rollcall.Listener) bool { return !slices.Contains(ids, l.ID) })
	}
	other := asynchronous(t, publish, noting("d"))
	failing := asynchronous(t, publish, rollcall.NewListener[*sent]("e", func(*sent) error { return errors.New("failed") }))
	for name, c := range map[string]struct {
		provider rollcall.Provider
		want     string
		keys     []string
	}{
		"the first left out":      {without("b"), "[a published]", []string{"l"}},
		"another left out":        {without("c"), "[a published]", []string{"k"}},
		"all left out":            {without("b", "c"), "[a]", nil},
		"a chain":                 {provider.NewChain(p, other), "[a d published]", []string{"k", "l"}},
		"a chain of two":          {provider.NewChain(p, other, p), "[a d a published]", []string{"k", "l"}},
		"a chain whose end fails": {provider.NewChain(p, failing), "[a]", []string{"k", "l"}},
	} {
		e := &sent{}
		err := rollcall.NewDispatcher(c.provider).Dispatch(t.Context(), e)
		if failed := name == "a chain whose end fails"; (err != nil) != failed || fmt.Sprint(e.log) != c.want {
			t.Errorf("%s: %v, %v, want %s", name, err, e.log, c.want)
		}
		list, err := c.provider.Listeners(e)
		if err != nil || !slices.Equal(list.Keys(), c.keys) {
			t.Errorf("%s: the keys %v, %v", name, list.Keys(), err)
		}
	}
}

// Whoever receives calls all of its listeners, as any dispatch that collects
// errors does.
func TestReceivedAreCalledAsOthers(t *testing.T) {
	failing := rollcall.NewListener[*sent]("a", func(*sent) error { return errors.New("failed") }, `async:"k"`)
	p := asynchronous(t, func(context.Context, any) error { return nil }, failing, noting("b", `async:"k"`))
	e := &sent{}
	err := rollcall.NewDispatcher(received(t, p, "k"), rollcall.CollectErrors()).Dispatch(t.Context(), e)
	if err == nil || fmt.Sprint(e.log) != "[b]" {
		t.Errorf("got %v, %v", err, e.log)
	}
}

// A listener to the event's name may take an interface: what arrives is of the
// type that is declared.
func TestAsyncByName(t *testing.T) {
	var got []any
	l := rollcall.NewListener[any]("a", func(ev any) { got = append(got, ev) }, `event:"sent" async:"k"`)
	e := &sent{}
	p := asynchronous(t, func(context.Context, any) error { return nil }, l)
	if err := rollcall.NewDispatcher(received(t, p, "k")).Dispatch(t.Context(), e); err != nil || len(got) != 1 || got[0] != e {
		t.Errorf("received %v, %v", got, err)
	}
}

func TestAsyncOnce(t *testing.T) {
	e := rollcall.Declare[*sent]("sent")
	e.Publish = func(context.Context, any) error { return nil }
	_, err := provider.Build([]rollcall.Listener{rollcall.Once(noting("a", `async:"k"`))}, []rollcall.Declaration{e})
	checkError[*rollcall.EventError](t, coretest.Here(err), "a (HERE) is asynchronous, but its receivers can't enforce rollcall.Once across processes: drop rollcall.Once, or the tag's async")
}

func TestOnlyBuildPublishes(t *testing.T) {
	l := noting("a", `async:"k"`)
	_, listErr := coretest.ListOf(l)
	_, mapErr := provider.NewMap(map[event.Key][]rollcall.Listener{event.KeyOf[*sent](): {l}})
	var m provider.Mutable
	_, mutableErr := m.Append(l)
	for name, err := range map[string]error{"NewListeners": listErr, "NewMap": mapErr, "Mutable": mutableErr} {
		var problem *rollcall.EventError
		if !errors.As(err, &problem) || problem.Listener != "a" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := provider.Build([]rollcall.Listener{l}, []rollcall.Declaration{rollcall.Declare[*sent]("sent")})
	var problem *rollcall.EventError
	if !errors.As(err, &problem) {
		t.Errorf("without Publish: %v", err)
	}
}
