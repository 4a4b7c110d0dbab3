package provider

import (
	"maps"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/event"
)

// table finds the list for an event. What it has found it keeps; reading that
// takes no lock.
type table struct {
	matcher *matcher
	// arrange gives the listeners of the keys in order.
	arrange func([]event.Key) (*List, error)
	retry   bool            // ask again where arrange failed
	names   map[string]bool // that anybody listens to

	mu     sync.Mutex // held while byType or an entry's byName is replaced
	byType atomic.Pointer[map[reflect.Type]*entry]
}

// entry is what is known of one event type.
type entry struct {
	answer      // to an event without a name of its own that anybody listens to
	named  bool // the type has an EventName method
	byName atomic.Pointer[map[string]answer]
}

// answer is a list, or why there is none.
type answer struct {
	list *List
	err  error
}

func newTable(m *matcher, arrange func([]event.Key) (*List, error)) *table {
	t := &table{matcher: m, arrange: arrange, names: map[string]bool{}}
	for _, k := range m.keys {
		if k.Type() == nil {
			t.names[k.Name()] = true
		}
	}
	t.byType.Store(&map[reflect.Type]*entry{})
	return t
}

func (t *table) lookup(ev any) (*List, error) {
	typ := reflect.TypeOf(ev)
	e, err := t.entry(typ)
	if err != nil {
		return nil, err
	}
	if e.named {
		if name := ev.(event.Named).EventName(); t.names[name] {
			named := t.named(e, typ, name)
			return named.list, named.err
		}
	}
	return e.list, e.err
}

// named is the answer to an event with a name of its own. There are no more of
// them than the listeners' keys, however many names events may have.
func (t *table) named(e *entry, typ reflect.Type, name string) answer {
	if known := e.byName.Load(); known != nil {
		if a, ok := (*known)[name]; ok {
			return a
		}
	}
	a := t.list(typ, name)
	if t.retry && a.err != nil {
		return a
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	extended := map[string]answer{name: a}
	if known := e.byName.Load(); known != nil {
		if first, ok := (*known)[name]; ok {
			return first
		}
		maps.Copy(extended, *known)
	}
	e.byName.Store(&extended)
	return a
}

// lookupType answers for a type; what is found holds as long as the table.
func (t *table) lookupType(typ reflect.Type, holds Validity) (*List, Validity, error) {
	if typ == nil || typ.Kind() == reflect.Interface {
		return nil, OncePerEvent, nil
	}
	e, err := t.entry(typ)
	if err != nil || e.named {
		return nil, OncePerEvent, err
	}
	return e.list, holds, e.err
}

// nothingFor is ListenersOf for a provider that is empty now. An interface may
// hold nil, which is no event, so that only the event itself can tell.
func nothingFor(typ reflect.Type) (*List, Validity, error) {
	if typ == nil || typ.Kind() == reflect.Interface {
		return nil, OncePerEvent, nil
	}
	return nil, ForNow, nil
}

func (t *table) entry(typ reflect.Type) (*entry, error) {
	if e, ok := (*t.byType.Load())[typ]; ok {
		return e, nil
	}
	return t.resolve(typ)
}

// resolve finds the lists of a type that is seen for the first time. It holds
// no lock meanwhile, because a container may dispatch while it builds a
// listener; of several that resolve a type at once, the first is remembered.
func (t *table) resolve(typ reflect.Type) (*entry, error) {
	if typ == nil {
		return nil, &NoEventError{}
	}
	e := t.newEntry(typ)
	t.mu.Lock()
	defer t.mu.Unlock()
	known := *t.byType.Load()
	if first, ok := known[typ]; ok {
		return first, nil
	}
	if t.retry && e.err != nil {
		return e, nil
	}
	extended := maps.Clone(known)
	extended[typ] = e
	t.byType.Store(&extended)
	return e, nil
}

func (t *table) newEntry(typ reflect.Type) *entry {
	return &entry{answer: t.list(typ, ""), named: typ.Implements(namedType)}
}

// know gives the list of a key and puts it among the known, if the key is the type
// that events have. What an interface or a name has is only for reports.
func (t *table) know(k event.Key, known map[reflect.Type]*entry) (*List, error) {
	if typ := k.Type(); typ != nil && !k.IsInterface() {
		e := t.newEntry(typ)
		known[typ] = e
		return e.list, e.err
	}
	list, err := t.arrange(t.matcher.match(k.Type(), k.Name()))
	if list != nil {
		list.event = t.matcher.title(k)
	}
	return list, err
}

func (t *table) list(typ reflect.Type, name string) answer {
	list, err := t.arrange(t.matcher.match(typ, name))
	if err != nil {
		return answer{nil, err}
	}
	if list == nil {
		list = &List{}
	}
	list.serve(typ, t.matcher.title(event.TypeKey(typ)), t.matcher.events)
	return answer{list, nil}
}
