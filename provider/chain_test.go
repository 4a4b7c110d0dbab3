package provider_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
)

// toAll is a provider with one listener, which hears every event.
func toAll(t testing.TB, id string) rollcall.Provider {
	return coretest.Must[*provider.Sorted](t)(provider.Build(listeners{rollcall.NewListener[any](id, func(any) {})}, nil))
}

// A dispatcher joins the lists of a chain once for each type of event.
func TestChainOverManyTypes(t *testing.T) {
	c := provider.NewChain(toAll(t, "a"), toAll(t, "b"), provider.NewChain(toAll(t, "c"), toAll(t, "d")), toAll(t, "e"), toAll(t, "f"))
	d := rollcall.NewDispatcher(c)
	events := make([]any, 300)
	for i := range events {
		events[i] = reflect.New(reflect.ArrayOf(i, reflect.TypeFor[byte]())).Interface()
	}
	dispatchAll := func() {
		for _, ev := range events {
			if err := d.Dispatch(context.Background(), ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	dispatchAll()
	if n := testing.AllocsPerRun(3, dispatchAll); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A change anywhere below a chain is seen by the next dispatch.
func TestChainOverAChangingProvider(t *testing.T) {
	mutable := &provider.Mutable{}
	inner := provider.NewChain(toAll(t, "i"), mutable)
	c := provider.NewChain(toAll(t, "a"), inner, toAll(t, "z"))
	emitter := rollcall.NewEmitter[*created](rollcall.NewDispatcher(c))
	emit := func() string {
		e := &created{}
		if err := emitter.Emit(context.Background(), e); err != nil {
			t.Fatal(err)
		}
		return e.met()
	}
	coretest.Check(t, "at first", emit(), "")
	remove := coretest.Must[func()](t)(mutable.Append(on("m")))
	coretest.Check(t, "added below", emit(), "m")
	inner.Append(coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("n")}, nil)))
	coretest.Check(t, "a provider more", emit(), "m n")
	remove()
	coretest.Check(t, "removed below", emit(), "n")
}
