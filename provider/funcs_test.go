package provider_test

import (
	"context"
	"testing"

	"github.com/rollcall-go/rollcall/provider"
)

// Behind the last publication there is nothing to call.
func TestFuncsEndWithThePublication(t *testing.T) {
	publish := func(context.Context, any) error { return nil }
	one := asynchronous(t, publish, noting("a"), noting("b", `async:"k"`), noting("c", `async:"l"`))
	other := asynchronous(t, publish, noting("d"), noting("e", `async:"k"`), noting("f", `async:"k"`))
	for name, c := range map[string]struct {
		provider         provider.Provider
		listeners, funcs int
	}{
		"built":    {one, 3, 2},
		"received": {provider.Received(other, "k"), 2, 2},
		"chained":  {provider.NewChain(one, other), 6, 5}, // a d b c e f
	} {
		list, err := c.provider.Listeners(&sent{})
		if err != nil {
			t.Fatal(err)
		}
		if n, erased := len(provider.Funcs[*sent](list)), len(provider.Funcs[any](list)); list.Len() != c.listeners || n != c.funcs || erased != c.funcs {
			t.Errorf("%s: %d listeners, %d and %d functions; want %d, %d", name, list.Len(), n, erased, c.listeners, c.funcs)
		}
	}
}
