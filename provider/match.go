package provider

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
)

var namedType = reflect.TypeFor[event.Named]()

// matcher finds the keys that an event goes to.
type matcher struct {
	keys            []event.Key     // of the listeners, in order of first appearance
	heardNames      map[string]bool // the names among the keys
	interfaces      []event.Key     // the interfaces among the keys
	events          []rollcall.Declaration
	declared        map[event.Key]rollcall.Declaration
	interfaceEvents []rollcall.Declaration    // declared interfaces that have a name
	namedTypes      []reflect.Type            // known types with an EventName method
	types           map[string][]reflect.Type // declared name → its types
	labels          map[event.Key]string      // of the keys
	texts           map[event.Key]string      // of the keys and the declared events: how package ordering knows them
	titles          map[event.Key]string      // of the declared events and the keys
}

func newMatcher(events []rollcall.Declaration, keys []event.Key) *matcher {
	m := &matcher{events: events, declared: map[event.Key]rollcall.Declaration{}, heardNames: map[string]bool{},
		types: map[string][]reflect.Type{}, labels: map[event.Key]string{}, texts: map[event.Key]string{}, titles: map[event.Key]string{}}
	for _, e := range events {
		m.addNamedType(e.Key)
		m.declared[e.Key] = e
		if t := e.Key.Type(); t != nil && e.Name != "" {
			m.types[e.Name] = append(m.types[e.Name], t)
			if t.Kind() == reflect.Interface {
				m.interfaceEvents = append(m.interfaceEvents, e)
			}
		}
	}
	taken := map[string]bool{}
	for _, k := range keys {
		if !m.hears(k) {
			m.addNamedType(k)
			m.keys = append(m.keys, k)
			m.labels[k] = label(k, taken)
			m.texts[k] = m.labels[k]
			switch {
			case k.IsInterface():
				m.interfaces = append(m.interfaces, k)
			case k.Type() == nil:
				m.heardNames[k.Name()] = true
			}
		}
	}
	for _, e := range events {
		if _, known := m.texts[e.Key]; !known {
			m.texts[e.Key] = label(e.Key, taken)
		}
	}
	m.entitle()
	return m
}

func (m *matcher) addNamedType(k event.Key) {
	if t := k.Type(); isOneType(k) && t.Implements(namedType) && !slices.Contains(m.namedTypes, t) {
		m.namedTypes = append(m.namedTypes, t)
	}
}

// hears reports whether a listener has the key.
func (m *matcher) hears(k event.Key) bool { _, ok := m.labels[k]; return ok }

// entitle sets a unique title for each declared event and each key: the declared name, or
// the type, with its import path if necessary.
func (m *matcher) entitle() {
	taken := map[string]bool{}
	for _, e := range m.events {
		switch _, known := m.titles[e.Key]; {
		case known:
		case e.Name != "" && !taken[e.Name]:
			m.titles[e.Key], taken[e.Name] = e.Name, true
		default:
			m.titles[e.Key] = label(e.Key, taken)
		}
	}
	for _, k := range m.keys {
		if _, known := m.titles[k]; !known && !(k.Type() == nil && taken[k.Name()]) {
			m.titles[k] = label(k, taken)
		}
	}
}

// title returns the title of a key, or its text if the key has no title.
func (m *matcher) title(k event.Key) string { return cmp.Or(m.titles[k], k.String()) }

// label returns a text for the key that is not taken yet, and marks the text as taken.
func label(k event.Key, taken map[string]bool) string {
	text := k.String()
	if taken[text] {
		text = k.Path()
	}
	for n := 2; taken[text]; n++ {
		text = fmt.Sprintf("%s (%d)", k.Path(), n)
	}
	taken[text] = true
	return text
}

// declaration returns the declaration of a key, under the key's title.
func (m *matcher) declaration(k event.Key) rollcall.Declaration {
	d, ok := m.declared[k]
	if !ok {
		d.Key = k
	}
	if title := m.title(k); title != d.String() {
		d.Name = title
	}
	return d
}

// match returns the keys that an event goes to: its type, its names, and the interfaces
// that it implements. The event has type t and its own name is name, or "" if it has
// none.
func (m *matcher) match(t reflect.Type, name string) []event.Key {
	var keys []event.Key
	add := func(k event.Key) {
		if m.hears(k) {
			keys = append(keys, k)
		}
	}
	if t != nil {
		add(event.TypeKey(t))
	}
	names := m.namesOf(t)
	if name != "" && !slices.Contains(names, name) {
		names = append(names, name)
	}
	for _, n := range names {
		add(event.NameKey(n))
	}
	for _, k := range m.interfaces {
		if t != nil && k.Type() != t && t.Implements(k.Type()) {
			keys = append(keys, k)
		}
	}
	return keys
}

// checkIndirection returns an *IndirectionError for events of a type T if only *T is
// declared, and for those of *T if only T is.
func (m *matcher) checkIndirection(t reflect.Type) error {
	if len(m.declared) == 0 {
		return nil
	}
	if _, declared := m.declared[event.TypeKey(t)]; declared {
		return nil
	}
	other := reflect.PointerTo(t)
	if t.Kind() == reflect.Pointer {
		other = t.Elem()
	}
	d, declared := m.declared[event.TypeKey(other)]
	if !declared || other.Kind() == reflect.Interface {
		return nil
	}
	return &IndirectionError{Event: event.TypeKey(t), Declared: d}
}

// namesOf returns the declared names of a type: its own name, and the names of declared
// interfaces that it implements.
func (m *matcher) namesOf(t reflect.Type) []string {
	var names []string
	if name := m.declared[event.TypeKey(t)].Name; name != "" && t != nil {
		names = append(names, name)
	}
	for _, e := range m.interfaceEvents {
		if t != nil && t != e.Key.Type() && t.Implements(e.Key.Type()) {
			names = append(names, e.Name)
		}
	}
	return names
}

// overlap reports whether some event may go to both keys.
func (m *matcher) overlap(a, b event.Key) bool {
	switch {
	case a == b:
		return true
	case a.Type() != nil && b.Type() != nil:
		return typesOverlap(a.Type(), b.Type())
	case a.Type() == nil && b.Type() == nil:
		return m.hasNamedType(a.Name()) || m.hasNamedType(b.Name())
	case a.Type() == nil:
		a, b = b, a
	}
	return m.mayBeNamed(a.Type(), b.Name())
}

// typesOverlap reports whether an event may go to both types. Two interfaces always
// overlap, because a type that is not known yet may implement both.
func typesOverlap(a, b reflect.Type) bool {
	isA, isB := a.Kind() == reflect.Interface, b.Kind() == reflect.Interface
	return isA && (isB || b.Implements(a)) || isB && a.Implements(b)
}

// hasNamedType reports whether an event with this declared name may have another name of
// its own.
func (m *matcher) hasNamedType(name string) bool {
	return slices.ContainsFunc(m.types[name], func(t reflect.Type) bool {
		return t.Kind() == reflect.Interface || t.Implements(namedType)
	})
}

// mayNameUnknown reports whether an event of an unknown type may have the name.
func (m *matcher) mayNameUnknown(name string) bool {
	isInterface := func(t reflect.Type) bool { return t.Kind() == reflect.Interface }
	return len(m.types[name]) == 0 || slices.ContainsFunc(m.types[name], isInterface)
}

// mayBeNamed reports whether an event of type t may have the name. A declared name
// belongs to its type. Any other name may come from an EventName method.
func (m *matcher) mayBeNamed(t reflect.Type, name string) bool {
	has := func(declared reflect.Type) bool { return declared == t || typesOverlap(declared, t) }
	if t.Kind() == reflect.Interface && len(m.types[name]) == 0 {
		return true
	}
	return slices.ContainsFunc(m.types[name], has) || t.Kind() != reflect.Interface && t.Implements(namedType)
}

// unknown returns the keys of an event whose type is unknown, if that type implements
// every interface: all interfaces, and the names of the declared ones.
func (m *matcher) unknown() []event.Key {
	keys := slices.Clone(m.interfaces)
	for _, e := range m.interfaceEvents {
		if name := event.NameKey(e.Name); m.hears(name) && !slices.Contains(keys, name) {
			keys = append(keys, name)
		}
	}
	return keys
}
