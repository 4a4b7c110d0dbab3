package provider_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall/dispatcher"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

type sent struct{ log []string }

// asynchronous is a provider of a *sent that is published by publish.
func asynchronous(t *testing.T, publish func(context.Context, any) error, listeners ...provider.Listener) *provider.Ordered {
	t.Helper()
	e := provider.Declare[*sent]("sent")
	e.Publish = publish
	p, err := provider.Build(listeners, []provider.Event{e})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func noting(id string, tag ...tags.Tag) provider.Listener {
	return provider.New[*sent](id, func(e *sent) { e.log = append(e.log, id) }, tag...)
}

func TestAsyncIsPublishedOnce(t *testing.T) {
	p := asynchronous(t, func(_ context.Context, ev any) error {
		ev.(*sent).log = append(ev.(*sent).log, "published")
		return nil
	},
		noting("a", `async:"k" priority:"first"`), noting("b"), noting("c", `async:"l"`), noting("d", `priority:"last"`), noting("e", `async:"k" priority:"2"`))
	e := &sent{}
	if err := dispatcher.New(p).Dispatch(t.Context(), e); err != nil {
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
		if err := dispatcher.New(provider.Received(p, key)).Dispatch(t.Context(), e); err != nil || fmt.Sprint(e.log) != want {
			t.Errorf("received by %s: %v, %v; want %s", key, e.log, err, want)
		}
	}
	if _, err := provider.Received(p, "k").Listeners(nil); err == nil {
		t.Error("nil is no event")
	}
	if keys := (*provider.List)(nil).Keys(); keys != nil {
		t.Errorf("nil has the keys %v", keys)
	}
}

// What was moved behind others is not right beside its target any more.
func TestAsyncReasons(t *testing.T) {
	publish := func(context.Context, any) error { return nil }
	for name, c := range map[string]struct {
		listeners []provider.Listener
		want      []string
	}{
		"moved away":    {[]provider.Listener{noting("a"), noting("c", `async:"k" after:"a"`), noting("b")}, []string{"a: priority 0 (default)", "b: priority 0 (default)", "c: after a"}},
		"left behind":   {[]provider.Listener{noting("a", `before:"c"`), noting("c", `async:"k"`), noting("b")}, []string{"a: before c", "b: priority 0 (default)", "c: priority 0 (default)"}},
		"still beside":  {[]provider.Listener{noting("b"), noting("a"), noting("c", `async:"k" after:"a"`)}, []string{"b: priority 0 (default)", "a: priority 0 (default)", "c: right after a"}},
		"of one block":  {[]provider.Listener{noting("a"), noting("c", `async:"k" after:"a"`), noting("b", `after:"a"`)}, []string{"a: priority 0 (default)", "b: right after a", "c: right after a"}},
		"apart before":  {[]provider.Listener{noting("w", `async:"k"`), noting("a"), noting("c", `before:"a,w"`)}, []string{"c: before a, moved up to run before w", "a: priority 0 (default)", "w: priority 0 (default)"}},
		"both received": {[]provider.Listener{noting("a", `async:"k"`), noting("b"), noting("c", `async:"k" after:"a"`)}, []string{"b: priority 0 (default)", "a: priority 0 (default)", "c: right after a"}},
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
	list := must[*provider.List](t)(chain.Listeners(&sent{}))
	if reason, ok := list.Reason(2); !ok || reason.String() != "after a" {
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
		return provider.NewFilter(p, func(_ any, l provider.Listener) bool { return !slices.Contains(ids, l.ID) })
	}
	other := asynchronous(t, publish, noting("d"))
	failing := asynchronous(t, publish, provider.New[*sent]("e", func(*sent) error { return errors.New("failed") }))
	for name, c := range map[string]struct {
		provider provider.Provider
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
		err := dispatcher.New(c.provider).Dispatch(t.Context(), e)
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
	failing := provider.New[*sent]("a", func(*sent) error { return errors.New("failed") }, `async:"k"`)
	p := asynchronous(t, func(context.Context, any) error { return nil }, failing, noting("b", `async:"k"`))
	e := &sent{}
	err := dispatcher.New(provider.Received(p, "k"), dispatcher.CollectErrors()).Dispatch(t.Context(), e)
	if err == nil || fmt.Sprint(e.log) != "[b]" {
		t.Errorf("got %v, %v", err, e.log)
	}
}

// A listener to the event's name may take an interface: what arrives is of the
// type that is declared.
func TestAsyncByName(t *testing.T) {
	var got []any
	l := provider.New[any]("a", func(ev any) { got = append(got, ev) }, `event:"sent" async:"k"`)
	e := &sent{}
	p := asynchronous(t, func(context.Context, any) error { return nil }, l)
	if err := dispatcher.New(provider.Received(p, "k")).Dispatch(t.Context(), e); err != nil || len(got) != 1 || got[0] != e {
		t.Errorf("received %v, %v", got, err)
	}
}

func TestAsyncOnce(t *testing.T) {
	e := provider.Declare[*sent]("sent")
	e.Publish = func(context.Context, any) error { return nil }
	_, err := provider.Build([]provider.Listener{provider.Once(noting("a", `async:"k"`))}, []provider.Event{e})
	checkError[*provider.AsyncError](t, here(err), "a (HERE) is asynchronous, but is for one event only, which its receivers can't know of each other: drop provider.Once, or the tag's async")
}

// In parallel, too, everything else must have ended before the event is
// published.
func TestAsyncWaitsForAll(t *testing.T) {
	p := asynchronous(t, func(context.Context, any) error { return nil },
		noting("a"), noting("b", `async:"k"`), noting("c", `after:"a"`), noting("d"))
	list, _, err := p.ListenersOf(reflect.TypeFor[*sent]())
	if err != nil {
		t.Fatal(err)
	}
	precedence := list.Precedence()
	var reaches func(from, to int32) bool
	reaches = func(from, to int32) bool {
		return from == to || slices.ContainsFunc(precedence.Next[from], func(next int32) bool { return reaches(next, to) })
	}
	for i := range 3 {
		if !reaches(int32(i), 3) || list.IsAsync(i) || !list.IsAsync(3) {
			t.Errorf("%s may run while %s is published", list.At(i).ID, list.At(3).ID)
		}
	}
}

func TestOnlyBuildPublishes(t *testing.T) {
	l := noting("a", `async:"k"`)
	_, listErr := provider.NewList(l)
	_, mapErr := provider.NewMap(map[event.Key][]provider.Listener{event.KeyOf[*sent](): {l}})
	var m provider.Mutable
	_, mutableErr := m.Append(l)
	for name, err := range map[string]error{"NewList": listErr, "NewMap": mapErr, "Mutable": mutableErr} {
		var problem *provider.AsyncError
		if !errors.As(err, &problem) || problem.Listener != "a" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := provider.Build([]provider.Listener{l}, []provider.Event{provider.Declare[*sent]("sent")})
	var problem *provider.AsyncError
	if !errors.As(err, &problem) {
		t.Errorf("without Publish: %v", err)
	}
}
