package provider_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// paired is as many types with a name of their own as there are pairs.
type paired[A, B any] struct{}

func (*paired[A, B]) EventName() string { return "" }

func pairedKeys[A any]() []event.Key {
	return []event.Key{
		event.KeyOf[*paired[A, int8]](), event.KeyOf[*paired[A, int16]](), event.KeyOf[*paired[A, int32]](), event.KeyOf[*paired[A, int64]](),
		event.KeyOf[*paired[A, uint8]](), event.KeyOf[*paired[A, uint16]](), event.KeyOf[*paired[A, uint32]](), event.KeyOf[*paired[A, uint64]](),
	}
}

// manyKeys has as many keys of types with an EventName as of names.
func manyKeys() []event.Key {
	var keys []event.Key
	for _, types := range [][]event.Key{pairedKeys[int8](), pairedKeys[int16](), pairedKeys[int32](), pairedKeys[int64](), pairedKeys[string]()} {
		for _, k := range types {
			keys = append(keys, k, event.NameKey(fmt.Sprint("event.", len(keys))))
		}
	}
	return keys
}

// hinting is a listener of each key, some of which run before one that hears all,
// and some after.
func hinting(keys []event.Key) listeners {
	all := listeners{rollcall.NewListener[event.Named]("all", func(event.Named) {})}
	for i, k := range keys {
		placement := [][]string{{`before:"all"`}, {`after:"all"`}, nil}[3*i/len(keys)]
		l := rollcall.NewListener[event.Named](fmt.Sprint("l", i), func(event.Named) {}, asTags(placement)...)
		l.Event = k
		all = append(all, l)
	}
	return all
}

type several []rollcall.Listener

func (s several) Subscriptions() []rollcall.Listener { return s }

// The search for cycles does not try each name with each type.
func TestManyTypesAndNames(t *testing.T) {
	keys := manyKeys()
	for name, allocations := range map[string]func(n int) float64{
		"Build": func(n int) float64 {
			all := hinting(keys[:n])
			return testing.AllocsPerRun(1, func() { coretest.Must[*provider.Sorted](t)(provider.Build(all, nil)) })
		},
		"Add": func(n int) float64 {
			m := &provider.Mutable{}
			coretest.Must[func()](t)(m.AddSubscriber(several(hinting(keys[:n]))))
			return testing.AllocsPerRun(1, func() { coretest.Must[func()](t)(m.Add(on("x")))() })
		},
	} {
		few, many := allocations(len(keys)/2), allocations(len(keys))
		if many > 3*few {
			t.Errorf("%s: twice the keys take %v allocations instead of %v", name, many, few)
		}
	}
}

// What is appended, prepended or removed can close no cycle, so that nothing is
// sorted for it.
func TestMutableSortsForAdditionsOnly(t *testing.T) {
	keys := manyKeys()
	with := func(all listeners) float64 {
		m := &provider.Mutable{}
		coretest.Must[func()](t)(m.AddSubscriber(several(all)))
		return testing.AllocsPerRun(1, func() {
			coretest.Must[func()](t)(m.Append(on("x")))()
			coretest.Must[func()](t)(m.Prepend(on("x")))()
		})
	}
	all := hinting(keys)
	hints := with(all)
	for i := range all {
		all[i].Placement = ordering.Placement{}
	}
	if none := with(all); hints > none+float64(6*len(all)) {
		t.Errorf("%v allocations, %v without hints", hints, none)
	}
}
