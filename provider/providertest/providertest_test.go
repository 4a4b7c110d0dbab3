package providertest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/provider/providertest"
)

type (
	listeners = []provider.Listener
	build     = func(t testing.TB, listeners ...provider.Listener) provider.Provider
	options   = []providertest.Option
)

func TestOurs(t *testing.T) {
	toMutable := providertest.Adding(func(t testing.TB, p provider.Provider, l provider.Listener) func() {
		return must[func()](t)(p.(*provider.Mutable).Append(l))
	})
	toChain := providertest.Adding(func(t testing.TB, p provider.Provider, l provider.Listener) func() {
		p.(*provider.Chain).Prepend(newOrdered(t, l))
		return nil
	})
	for _, tt := range []struct {
		name    string
		build   build
		options options
	}{
		{"Ordered", newOrdered, nil},
		{"Map", newMap, options{providertest.KeyByKey()}},
		{"Container", newContainer, options{providertest.KeyByKey()}},
		{"Mutable/Append", newMutable((*provider.Mutable).Append), options{toMutable}},
		{"Mutable/Add", newMutable((*provider.Mutable).Add), options{toMutable}},
		{"Mutable/Prepend", newPrepended, options{toMutable}},
		{"Chain", newChain, options{toChain}},
		{"Chain/of chains", newChainOfChains, options{toChain}},
		{"Chain/of a Mutable", newChainOfMutable, options{toChain}},
		{"Chain/of Filters", newChainOfFilters, options{toChain}},
		{"Filter", newFilter, nil},
		{"Filter/that admits all", newOpenFilter, nil},
	} {
		t.Run(tt.name, func(t *testing.T) { providertest.Run(t, tt.build, tt.options...) })
	}
}

func newOrdered(t testing.TB, l ...provider.Listener) provider.Provider {
	return must[*provider.Ordered](t)(provider.Build(l, nil))
}

func newMap(t testing.TB, l ...provider.Listener) provider.Provider {
	lists := map[event.Key][]provider.Listener{}
	for _, x := range l {
		lists[x.Event] = append(lists[x.Event], x)
	}
	return must[*provider.Map](t)(provider.NewMap(lists))
}

// shelf is a container of listeners by ID.
type shelf map[string]provider.Listener

func (s shelf) Get(id string) (any, error) {
	if l, ok := s[id]; ok {
		return l, nil
	}
	return nil, errors.New("no such thing")
}

func newContainer(_ testing.TB, l ...provider.Listener) provider.Provider {
	ids, all := map[event.Key][]string{}, shelf{}
	for _, x := range l {
		ids[x.Event] = append(ids[x.Event], x.ID)
		all[x.ID] = x
	}
	return provider.NewContainer(ids, all)
}

func newMutable(add func(*provider.Mutable, provider.Listener) (func(), error)) build {
	return func(t testing.TB, l ...provider.Listener) provider.Provider {
		m := &provider.Mutable{}
		for _, x := range l {
			must[func()](t)(add(m, x))
		}
		return m
	}
}

// newPrepended prepends the last first.
func newPrepended(t testing.TB, l ...provider.Listener) provider.Provider {
	m := &provider.Mutable{}
	for i := range l {
		must[func()](t)(m.Prepend(l[len(l)-1-i]))
	}
	return m
}

// newChain has a provider for each listener.
func newChain(t testing.TB, l ...provider.Listener) provider.Provider {
	c := &provider.Chain{}
	for _, x := range l {
		c.Append(newOrdered(t, x))
	}
	return c
}

func newChainOfChains(t testing.TB, l ...provider.Listener) provider.Provider {
	half := len(l) / 2
	return provider.NewChain(newChain(t, l[:half]...), &provider.Chain{}, newChain(t, l[half:]...))
}

func newChainOfMutable(t testing.TB, l ...provider.Listener) provider.Provider {
	half := len(l) / 2
	return provider.NewChain(newOrdered(t, l[:half]...), newMutable((*provider.Mutable).Append)(t, l[half:]...))
}

// newChainOfFilters chains what is left out of every event, and what is left.
func newChainOfFilters(t testing.TB, l ...provider.Listener) provider.Provider {
	half := len(l) / 2
	return provider.NewChain(newFilter(t, l[:half]...), newOrdered(t, l[half:]...))
}

// newFilter leaves out a listener before each.
func newFilter(t testing.TB, l ...provider.Listener) provider.Provider {
	var all listeners
	for _, x := range l {
		noise := x
		noise.ID = "noise before " + x.ID
		all = append(all, noise, x)
	}
	return provider.NewFilter(newOrdered(t, all...), func(_ any, l provider.Listener) bool {
		return !strings.HasPrefix(l.ID, "noise")
	})
}

func newOpenFilter(t testing.TB, l ...provider.Listener) provider.Provider {
	return provider.NewFilter(newOrdered(t, l...), func(any, provider.Listener) bool { return true })
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
