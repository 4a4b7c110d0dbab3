package provider

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
)

// Map is a provider of fixed lists of listeners, one list for each event key. Listeners
// run in the order of their list; their placements are ignored. If an event has several
// keys, the list of its type comes first, then that of its name, then those of its
// interfaces, sorted by name. A Map never changes. Make one with [NewMap]: the zero Map
// can't be used.
type Map struct {
	*resolver
	lists map[event.Key][]rollcall.Listener
}

// NewMap returns a provider of the lists, which it copies. It sets each listener's Event
// to the key of its list. The error joins a *rollcall.InvalidListenerError for each
// invalid listener and a *rollcall.EventError for each one that is asynchronous or can't
// take its event. For each ID that a list has twice, there is an *ordering.DuplicateError.
func NewMap(lists map[event.Key][]rollcall.Listener) (*Map, error) {
	m := &Map{lists: map[event.Key][]rollcall.Listener{}}
	keys := sortedKeys(lists, firstID)
	for _, k := range keys {
		m.lists[k] = copied(lists[k])
		for i := range m.lists[k] {
			m.lists[k][i].Event = k
		}
	}
	m.resolver = &resolver{matcher: newMatcher(nil, keys), order: func(_ event.Key, keys []event.Key) (rollcall.Spec, error) { return m.order(keys) }}
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

// sortedKeys returns the keys of m, sorted by name. Types that are local to functions may
// share a name: these keys are sorted by the text of their values.
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

// Events returns the events that are listened to, sorted by name, interfaces last. An
// interface is left out if an event before it implements it.
func (m *Map) Events() []EventOrder {
	orders, _ := m.events() // no error is possible: NewMap has checked the listeners
	return orders
}
