package provider

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
)

// Map is a provider of fixed lists. If an event has several keys, the listeners of its
// type come first, then those of its name, then those of its interfaces in the order of
// their names. The lists are the order: placements are ignored. A Map never changes.
type Map struct {
	*resolver
	lists map[event.Key][]rollcall.Listener
}

// NewMap returns a provider of the lists. The keys of the map replace those of the
// listeners. The error joins a *rollcall.InvalidListenerError or
// *rollcall.EventError for each bad listener, and an *ordering.DuplicateError for each
// ID that a key has twice. NewMap keeps neither map nor lists.
func NewMap(lists map[event.Key][]rollcall.Listener) (*Map, error) {
	m := &Map{lists: map[event.Key][]rollcall.Listener{}}
	keys := sortedKeys(lists, firstID)
	for _, k := range keys {
		m.lists[k] = copied(lists[k])
		for i := range m.lists[k] {
			m.lists[k][i].Event = k
		}
	}
	m.resolver = &resolver{matcher: newMatcher(nil, keys), order: m.order}
	if err := errors.Join(mistaken(m.All()), duplicates(m.All())); err != nil {
		return nil, err
	}
	return m, nil
}

func firstID(listeners []rollcall.Listener) string {
	if len(listeners) == 0 {
		return ""
	}
	return listeners[0].ID + " " + listeners[0].Source
}

// sortedKeys sorts by name. Types that are local to functions may share a name. They are
// then sorted by the text of their values.
func sortedKeys[V any](m map[event.Key]V, text func(V) string) []event.Key {
	return slices.SortedFunc(maps.Keys(m), func(a, b event.Key) int {
		return cmp.Or(cmp.Compare(a.Path(), b.Path()), cmp.Compare(a.Name(), b.Name()), cmp.Compare(text(m[a]), text(m[b])))
	})
}

func (m *Map) order(keys []event.Key) (rollcall.Spec, error) {
	var spec rollcall.Spec
	for _, k := range keys {
		for i := range m.lists[k] {
			spec.Listeners = append(spec.Listeners, &m.lists[k][i])
		}
	}
	return spec, nil
}

// All returns all listeners, key by key.
func (m *Map) All() []rollcall.Listener {
	var all []rollcall.Listener
	for _, k := range m.matcher.keys {
		all = append(all, m.lists[k]...)
	}
	return all
}

// Events returns the events that are listened to, by name.
func (m *Map) Events() []EventOrder {
	orders, _ := m.events() // nothing can be wrong with them any more
	return orders
}
