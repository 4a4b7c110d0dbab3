package provider

import (
	"cmp"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall/event"
)

// Map is a provider of fixed lists. Where an event has several keys, the
// listeners of its type come first, then those of its name, then those of its
// interfaces in the order of their names. Placements are not looked at: the
// lists are the order. A Map never changes.
type Map struct {
	table *table
	keys  []event.Key
	lists map[event.Key][]Listener
}

// NewMap makes a provider of the lists. The listeners' own keys are replaced
// by those of the map. The error joins an *InvalidListenerError, an *AsyncError, an
// *EventTypeError or an *UnknownEventError for each bad listener, and an
// *ordering.DuplicateError for each ID that a key has twice. Map and lists are not
// kept.
func NewMap(lists map[event.Key][]Listener) (*Map, error) {
	m := &Map{keys: sortedKeys(lists, firstID), lists: map[event.Key][]Listener{}}
	var all []Listener
	for _, k := range m.keys {
		for _, l := range copied(lists[k]) {
			l.Event = k
			m.lists[k] = append(m.lists[k], l)
			all = append(all, l)
		}
	}
	if err := errors.Join(mistaken(all), duplicateIDs(all)); err != nil {
		return nil, err
	}
	m.table = newTable(newMatcher(nil, m.keys), m.arrange)
	return m, nil
}

func firstID(listeners []Listener) string {
	if len(listeners) == 0 {
		return ""
	}
	return listeners[0].ID + " " + listeners[0].Source
}

// sortedKeys sorts by name. Types that are local to functions may share one:
// what is behind them tells them apart.
func sortedKeys[V any](m map[event.Key]V, text func(V) string) []event.Key {
	return slices.SortedFunc(maps.Keys(m), func(a, b event.Key) int {
		return cmp.Or(cmp.Compare(a.Path(), b.Path()), cmp.Compare(a.Name(), b.Name()), cmp.Compare(text(m[a]), text(m[b])))
	})
}

func (m *Map) arrange(keys []event.Key) (*List, error) {
	var listeners []*Listener
	for _, k := range keys {
		listeners = append(listeners, pointers(m.lists[k])...)
	}
	return newList(listeners, nil), nil
}

// Listeners gives the listeners of ev. The error is a *NoEventError for nil.
func (m *Map) Listeners(ev any) (*List, error) { return m.table.lookup(ev) }

// ListenersOf gives the listeners of the events of type t, Forever.
func (m *Map) ListenersOf(t reflect.Type) (*List, Validity, error) {
	return m.table.lookupType(t, Forever)
}

// All gives all listeners, key by key.
func (m *Map) All() []Listener {
	var all []Listener
	for _, k := range m.keys {
		all = append(all, m.lists[k]...)
	}
	return all
}
