package provider_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// What a provider answers for a type is what it answers for an event of that
// type, for as long as it says.
func TestAnswersByType(t *testing.T) {
	built := must[*provider.Ordered](t)(provider.Build(listeners{on("a"), onChange("b")}, nil))
	mutable := &provider.Mutable{}
	must[func()](t)(mutable.Append(on("m")))
	filter := provider.NewFilter(built, func(any, provider.Listener) bool { return true })
	for _, tt := range []struct {
		name     string
		provider provider.Typed
		validity provider.Validity
		ids      string
	}{
		{"Ordered", built, provider.Forever, "a b"},
		{"Map", must[*provider.Map](t)(provider.NewMap(map[event.Key][]provider.Listener{createdKey: {on("a")}})), provider.Forever, "a"},
		{"Container", provider.NewContainer(map[event.Key][]string{createdKey: {"x"}}, &shelf{values: map[string]any{"x": on("x")}}), provider.Forever, "x"},
		{"Mutable", mutable, provider.ForNow, "m"},
		{"zero Mutable", &provider.Mutable{}, provider.ForNow, ""},
		{"Chain", provider.NewChain(built, mutable), provider.ForNow, "a b m"},
		{"zero Chain", &provider.Chain{}, provider.ForNow, ""},
		{"Chain with a Filter", provider.NewChain(built, filter), provider.OncePerEvent, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, validity, err := tt.provider.ListenersOf(reflect.TypeFor[*created]())
			if validity != tt.validity || err != nil {
				t.Fatalf("validity %d, %v", validity, err)
			}
			var ids []string
			for i := range list.Len() {
				ids = append(ids, list.At(i).ID)
			}
			check(t, "listeners", fmt.Sprint(ids), "["+tt.ids+"]")
			if _, isFilter := any(tt.provider).(*provider.Chain); validity != provider.OncePerEvent && !isFilter {
				check(t, "the same as for an event", idsFor(t, any(tt.provider).(provider.Provider), &created{}), tt.ids)
			}
		})
	}
}

// Where the answer depends on the event, or on what an interface holds, the
// type is not enough.
func TestTypesThatAreNotEnough(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(listeners{on("a")}, nil))
	for _, typ := range []reflect.Type{reflect.TypeFor[*event.Generic](), reflect.TypeFor[change](), nil} {
		if _, validity, err := p.ListenersOf(typ); validity != provider.OncePerEvent || err != nil {
			t.Errorf("%v: %d, %v", typ, validity, err)
		}
	}
	broken := provider.NewContainer(map[event.Key][]string{createdKey: {"x"}}, &shelf{})
	if _, _, err := broken.ListenersOf(createdKey.Type()); err == nil {
		t.Error("the container's error is lost")
	}
	if _, validity, err := provider.NewChain(broken).ListenersOf(createdKey.Type()); validity != provider.OncePerEvent || err != nil {
		t.Errorf("a chain leaves its providers' errors to Listeners: %d, %v", validity, err)
	}
}

func TestListKnowsItsEvent(t *testing.T) {
	p := must[*provider.Ordered](t)(provider.Build(
		listeners{on("a"), provider.New[*stoppable]("b", func(*stoppable) {})}, []provider.Event{provider.Declare[*created]("recipe.created")}))
	named := must[*provider.List](t)(p.Listeners(&created{}))
	typed := must[*provider.List](t)(p.Listeners(&stoppable{}))
	byHand := must[*provider.List](t)(provider.NewList(on("a")))
	var none *provider.List
	check(t, "declared name", named.Event(), "recipe.created")
	check(t, "type", typed.Event(), "*provider_test.stoppable")
	check(t, "made by hand, none", byHand.Event()+none.Event(), "")
	if named.Stoppable() || !typed.Stoppable() || !byHand.Stoppable() || none.Stoppable() {
		t.Error("Stoppable is false only where that is known")
	}
	chain := provider.NewChain(p, p)
	check(t, "through a chain", must[*provider.List](t)(chain.Listeners(&created{})).Event(), "recipe.created")
	without := provider.NewFilter(chain, func(_ any, l provider.Listener) bool { return false })
	if list := must[*provider.List](t)(without.Listeners(&created{})); list.Len() != 0 {
		t.Errorf("%d left", list.Len())
	}
}

type stoppable struct{ event.Propagation }

func TestErrorsUnwrap(t *testing.T) {
	cause := errors.New("cause")
	for _, err := range []error{
		&provider.InvalidListenerError{Err: cause}, &provider.BuildError{Err: cause}, &provider.ContainerError{Err: cause},
	} {
		if !errors.Is(err, cause) {
			t.Errorf("%T hides its cause", err)
		}
	}
}

func TestDuplicateEventErrorWithPlaces(t *testing.T) {
	first, second := provider.Declare[*created]("x"), provider.Declare[*deleted]("x")
	first.Source, second.Source = "a/a.go:1", "b/b.go:2"
	_, err := provider.Build(nil, []provider.Event{first, second})
	checkError[*provider.DuplicateEventError](t, err,
		"events *provider_test.created and *provider_test.deleted are both named x (a/a.go:1 and b/b.go:2): give each a name of its own")
}

// A hint may cross from a name to a type or an interface where some event may
// have both, and not where none can.
func TestHintsBetweenKindsOfEvents(t *testing.T) {
	named := func(tag string) provider.Listener {
		return provider.New[any]("named", func(any) {}, asTags([]string{tag})...)
	}
	declared := []provider.Event{provider.Declare[*created]("recipe.created")}
	stringer := func(tag ...string) provider.Listener {
		return provider.New[fmt.Stringer]("stringer", func(fmt.Stringer) {}, asTags(tag)...)
	}
	for _, tt := range []struct {
		name      string
		listeners listeners
		ok        bool
	}{
		{"name of that type", listeners{named(`event:"recipe.created" after:"a"`), on("a")}, true},
		{"name of another type", listeners{named(`event:"recipe.created" after:"d"`), provider.New[*deleted]("d", func(*deleted) {})}, false},
		{"undeclared name and a type that may have it", listeners{named(`event:"x" after:"m"`), provider.New[*moved]("m", func(*moved) {})}, true},
		{"undeclared name and a type without a name", listeners{named(`event:"x" after:"a"`), on("a")}, false},
		{"undeclared name and an interface", listeners{named(`event:"x" after:"stringer"`), stringer()}, true},
		{"name of a type and an interface that it has", listeners{onChange("c", `after:"named"`), named(`event:"recipe.created"`)}, true},
		{"name of a type and an interface that it lacks", listeners{stringer(`after:"named"`), named(`event:"recipe.created"`)}, false},
		{"two names", listeners{named(`event:"x" after:"other"`), provider.New[any]("other", func(any) {}, `event:"y"`)}, false},
		{"two interfaces", listeners{onChange("c", `after:"stringer"`), stringer()}, true},
		{"interface and a type that lacks it", listeners{stringer(`after:"a"`), on("a")}, false},
		{"type and an interface that it lacks", listeners{on("a", `after:"stringer"`), stringer()}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := provider.Build(tt.listeners, declared); (err == nil) != tt.ok {
				t.Errorf("got %v, want ok: %t", err, tt.ok)
			}
		})
	}
}

func TestOriginInAContextWithValues(t *testing.T) {
	type key struct{}
	ctx := provider.WithOrigin(context.WithValue(context.Background(), key{}, "x"), provider.NewOrigin("n", nil))
	if ctx.Value(key{}) != "x" {
		t.Error("the context's own values are lost")
	}
}
