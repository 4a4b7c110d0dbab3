package providertest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/provider/providertest"
)

type (
	listeners = []rollcall.Listener
	build     = func(t testing.TB, listeners ...rollcall.Listener) rollcall.Provider
)

func TestOurs(t *testing.T) {
	toMutable := func(t testing.TB, p rollcall.Provider, l rollcall.Listener) func() {
		return coretest.Must[func()](t)(p.(*provider.Mutable).Append(l))
	}
	toChain := func(t testing.TB, p rollcall.Provider, l rollcall.Listener) func() {
		p.(*provider.Chain).Prepend(newSorted(t, l))
		return nil
	}
	for _, tt := range []struct {
		name  string
		build build
		kit   providertest.Kit
	}{
		{"Sorted", newSorted, providertest.Kit{}},
		{"Map", newMap, providertest.Kit{KeyByKey: true}},
		{"Container", newContainer, providertest.Kit{KeyByKey: true}},
		{"Mutable/Append", newMutable((*provider.Mutable).Append), providertest.Kit{Add: toMutable}},
		{"Mutable/Add", newMutable((*provider.Mutable).Add), providertest.Kit{Add: toMutable}},
		{"Mutable/Prepend", newPrepended, providertest.Kit{Add: toMutable}},
		{"Chain", newChain, providertest.Kit{Add: toChain}},
		{"Chain/of chains", newChainOfChains, providertest.Kit{Add: toChain}},
		{"Chain/of a Mutable", newChainOfMutable, providertest.Kit{Add: toChain}},
		{"Chain/of Filters", newChainOfFilters, providertest.Kit{Add: toChain}},
		{"Filter", newFilter, providertest.Kit{}},
		{"Filter/that admits all", newOpenFilter, providertest.Kit{}},
	} {
		tt.kit.Build = tt.build
		t.Run(tt.name, func(t *testing.T) { providertest.Run(t, tt.kit) })
	}
}

func newSorted(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	return coretest.Must[*provider.Sorted](t)(provider.Build(l, nil))
}

func newMap(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	lists := map[event.Key][]rollcall.Listener{}
	for _, x := range l {
		lists[x.Event] = append(lists[x.Event], x)
	}
	return coretest.Must[*provider.Map](t)(provider.NewMap(lists))
}

// shelf is a container of listeners by ID.
type shelf map[string]rollcall.Listener

func (s shelf) Get(id string) (any, error) {
	if l, ok := s[id]; ok {
		return l, nil
	}
	return nil, errors.New("no such thing")
}

func newContainer(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	ids, all := map[event.Key][]string{}, shelf{}
	for _, x := range l {
		ids[x.Event] = append(ids[x.Event], x.ID)
		all[x.ID] = x
	}
	return coretest.Must[*provider.Container](t)(provider.NewContainer(ids, all.Get))
}

func newMutable(add func(*provider.Mutable, rollcall.Listener) (func(), error)) build {
	return func(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
		m := &provider.Mutable{}
		for _, x := range l {
			coretest.Must[func()](t)(add(m, x))
		}
		return m
	}
}

// newPrepended prepends the last first.
func newPrepended(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	m := &provider.Mutable{}
	for i := range l {
		coretest.Must[func()](t)(m.Prepend(l[len(l)-1-i]))
	}
	return m
}

// newChain has a provider for each listener.
func newChain(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	c := &provider.Chain{}
	for _, x := range l {
		c.Append(newSorted(t, x))
	}
	return c
}

func newChainOfChains(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	half := len(l) / 2
	return provider.NewChain(newChain(t, l[:half]...), &provider.Chain{}, newChain(t, l[half:]...))
}

func newChainOfMutable(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	half := len(l) / 2
	return provider.NewChain(newSorted(t, l[:half]...), newMutable((*provider.Mutable).Append)(t, l[half:]...))
}

// newChainOfFilters chains what is left out of every event, and what is left.
func newChainOfFilters(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	half := len(l) / 2
	return provider.NewChain(newFilter(t, l[:half]...), newSorted(t, l[half:]...))
}

// newFilter leaves out a listener before each.
func newFilter(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	var all listeners
	for _, x := range l {
		noise := x
		noise.ID = "noise before " + x.ID
		all = append(all, noise, x)
	}
	return provider.NewFilter(newSorted(t, all...), func(_ any, l rollcall.Listener) bool {
		return !strings.HasPrefix(l.ID, "noise")
	})
}

func newOpenFilter(t testing.TB, l ...rollcall.Listener) rollcall.Provider {
	return provider.NewFilter(newSorted(t, l...), func(any, rollcall.Listener) bool { return true })
}
