package provider_test

import (
	"context"
	"fmt"
	"testing"
	"unsafe"

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

// No other object shares a cache line with the functions that each dispatch reads.
func TestFuncsTakeWholeCacheLines(t *testing.T) {
	const line = 64
	size := unsafe.Sizeof(uintptr(0))
	if size != 8 {
		t.Skip("for processors of 64 bits")
	}
	for n := 1; n <= 64; n++ { // behind that, Go writes 8 bytes in front, once
		var all []provider.Listener
		for i := range n {
			all = append(all, noting(fmt.Sprint(i)))
		}
		list, err := provider.NewList(all...)
		if err != nil {
			t.Fatal(err)
		}
		funcs := provider.Funcs[*sent](list)
		begin, room := uintptr(unsafe.Pointer(&funcs[0])), uintptr(cap(funcs))*size
		if len(funcs) != n || begin%line != 0 || room%line != 0 {
			t.Errorf("%d of %d functions, at %#x, with room for %d bytes", len(funcs), n, begin, room)
		}
	}
}
