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
	typ := reflect.TypeOf(ev)
	e, ok := (*t.byType.Load())[typ]
	if !ok {
		var err error
		if e, err = t.resolve(typ); err != nil {
			return nil, err
		}
	}
	if e.named {
		if list, ok := e.byName[ev.(event.Named).EventName()]; ok {
			return list, nil
		}
	}
	return e.list, nil
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
	if e.list, err = t.arrange(t.matcher.match(typ, "")); err != nil {
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
		if e.byName[k.Name()], err = t.arrange(t.matcher.match(typ, k.Name())); err != nil {
			return nil, err
		}
	}
	return e, nil
}
