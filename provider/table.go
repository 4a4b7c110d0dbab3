package provider

import (
	"cmp"
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
	// arrange gives the listeners of the keys in order. A list with an error
	// is asked for again.
	arrange func([]event.Key) (*List, error)

	mu     sync.Mutex // held while entries is replaced
	byType atomic.Pointer[map[reflect.Type]*entry]
}

// entry is what is known of one event type.
type entry struct {
	list   *List // of an event without a name of its own that anybody listens to
	named  bool  // the type has an EventName method
	byName map[string]*List
}

func newTable(m *matcher, arrange func([]event.Key) (*List, error)) *table {
	t := &table{matcher: m, arrange: arrange}
	t.byType.Store(&map[reflect.Type]*entry{})
	return t
}

func (t *table) lookup(ev any) (*List, error) {
	e, err := t.entry(reflect.TypeOf(ev))
	if err != nil {
		return nil, err
	}
	if e.named {
		if list, ok := e.byName[ev.(event.Named).EventName()]; ok {
			return list, nil
		}
	}
	return e.list, nil
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
	return e.list, holds, nil
}

func (t *table) entry(typ reflect.Type) (*entry, error) {
	if e, ok := (*t.byType.Load())[typ]; ok {
		return e, nil
	}
	return t.resolve(typ)
}

// resolve finds the lists of a type that is seen for the first time: one for
// each name that anybody listens to, so that they are as few as the
// listeners' keys, however many names events may have.
func (t *table) resolve(typ reflect.Type) (*entry, error) {
	if typ == nil {
		return nil, &NoEventError{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	known := *t.byType.Load()
	if e, ok := known[typ]; ok {
		return e, nil
	}
	e, err := t.newEntry(typ)
	if err != nil {
		return nil, err
	}
	extended := maps.Clone(known)
	extended[typ] = e
	t.byType.Store(&extended)
	return e, nil
}

func (t *table) newEntry(typ reflect.Type) (*entry, error) {
	e := &entry{named: typ.Implements(namedType)}
	var err error
	if e.list, err = t.list(typ, ""); err != nil {
		return nil, err
	}
	if !e.named {
		return e, nil
	}
	e.byName = map[string]*List{}
	for _, k := range t.matcher.keys {
		if k.Type() != nil {
			continue
		}
		if e.byName[k.Name()], err = t.list(typ, k.Name()); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (t *table) list(typ reflect.Type, name string) (*List, error) {
	list, err := t.arrange(t.matcher.match(typ, name))
	if list != nil {
		list.serve(typ, cmp.Or(t.matcher.names[typ], typ.String()), t.matcher.events)
	}
	return list, err
}
