package provider_test

import (
	"reflect"
	"testing"

	"github.com/rollcall-go/rollcall/provider"
)

// toAll is a provider with one listener, which hears every event.
func toAll(t testing.TB, id string) provider.Provider {
	return must[*provider.Ordered](t)(provider.Build(listeners{provider.New[any](id, func(any) {})}, nil))
}

// ofManyTypes are n events, each of a type of its own.
func ofManyTypes(n int) []any {
	events := make([]any, n)
	for i := range events {
		events[i] = reflect.New(reflect.ArrayOf(i, reflect.TypeFor[byte]())).Interface()
	}
	return events
}

// However many lists are joined, a chain remembers those that its providers
// still give.
func TestChainOverManyTypes(t *testing.T) {
	c := provider.NewChain(toAll(t, "a"), toAll(t, "b"), provider.NewChain(toAll(t, "c"), toAll(t, "d")), toAll(t, "e"), toAll(t, "f"))
	events := ofManyTypes(300)
	askForAll := func() {
		for _, ev := range events {
			if list, err := c.Listeners(ev); err != nil || list.Len() != 6 {
				t.Fatalf("got %d, %v", list.Len(), err)
			}
		}
	}
	askForAll()
	if n := testing.AllocsPerRun(3, askForAll); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n, want := c.Remembered(), 4*len(events); n != want {
		t.Errorf("remembers %d lists, not %d", n, want)
	}
}

// A chain does not remember lists without end.
func TestChainOverAChangingProvider(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	mutable := &provider.Mutable{}
	inner := provider.NewChain(toAll(t, "i"), toAll(t, "j"))
	var loose everNew
	for _, tt := range []struct {
		name   string
		chain  *provider.Chain
		change func() (undo func())
		want   string
	}{
		{"a mutable provider", provider.NewChain(toAll(t, "a"), mutable, toAll(t, "z")), func() func() { return must[func()](t)(mutable.Append(on("b"))) }, "a b z"},
		{"a chain", provider.NewChain(toAll(t, "a"), inner, toAll(t, "z")), func() func() { inner.Append(nil); return func() {} }, "a i j z"},
		{"a provider that makes its lists anew", provider.NewChain(toAll(t, "a"), loose, toAll(t, "z")), func() func() { return func() {} }, "a x z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 17_000 {
				undo := tt.change()
				if got := idsFor(t, tt.chain, theEvent); got != tt.want {
					t.Fatalf("got %q", got)
				}
				undo()
			}
			if n := tt.chain.Remembered(); n > 1<<14 {
				t.Errorf("remembers %d lists", n)
			}
		})
	}
}

// everNew makes a list for each event.
type everNew struct{}

func (everNew) Listeners(any) (*provider.List, error) { return provider.NewList(on("x")) }
