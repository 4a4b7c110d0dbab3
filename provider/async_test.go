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
