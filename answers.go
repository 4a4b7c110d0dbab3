package rollcall

import (
	"context"
	"maps"
	"reflect"

	"github.com/rollcall-go/rollcall/event"
)

// answer is a provider's answer, prepared for dispatchers and emitters to remember.
type answer struct {
	list  *Listeners
	run   func(ctx context.Context, ev any) error
	typed any // *loop[E] for events of the type E, or nil
}

// table holds the remembered answers. It is never modified: a new table replaces it.
type table struct {
	byType map[uintptr]*slot // by the address of the type's descriptor
	byName map[nameKey]answer
}

// slot holds the answer for the events of one type. If some names change the answer, the
// slot holds the answer for all other names, or the zero answer if that is not known yet.
type slot struct {
	answer
	names map[string]bool
}

// nameKey is an event type and a name that changes the answer for this type.
type nameKey struct {
	typ  uintptr
	name string
}

// address identifies a type. Type descriptors are never moved or freed.
func address(typ reflect.Type) uintptr { return reflect.ValueOf(typ).Pointer() }

// find returns the slot of a type, or nil.
func (t *table) find(typ reflect.Type) *slot {
	if typ == nil {
		return nil
	}
	return t.byType[address(typ)]
}

// forget drops all answers, including those that are about to be remembered.
func (d *plain) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.generation.Add(1)
	d.table.Store(&table{})
}

// known returns the remembered answer for ev, and whether there is one.
func (d *plain) known(ev any) (answer, bool) {
	t, typ := d.table.Load(), reflect.TypeOf(ev)
	s := t.find(typ)
	if s == nil {
		return answer{}, false
	}
	if s.names != nil {
		if name := ev.(event.Named).EventName(); s.names[name] {
			a, ok := t.byName[nameKey{address(typ), name}]
			return a, ok
		}
	}
	return s.answer, s.run != nil
}

// ask asks the provider for an answer, and remembers the answer for as long as it holds.
func (d *plain) ask(ev any) (answer, error) {
	generation := d.generation.Load()
	if ev == nil {
		return answer{}, &NilError{What: "event"}
	}
	list, err := d.provider.Listeners(ev)
	if err != nil {
		return answer{}, err
	}
	if list == nil {
		list = nobody
	}
	typ := reflect.TypeOf(ev)
	prepare := bindTo[any]
	if list.bind != nil && list.typ == typ {
		prepare = list.bind
	}
	found := prepare(list, d.policy, d)
	if list.typ == typ && list.spec.EveryEvent && d.holder.enterAll(list.spec.Leases) {
		d.remember(generation, address(typ), ev, found)
	}
	return found, nil
}

// nobody is an answer without listeners, for one event only.
var nobody = &Listeners{}

// remember stores an answer unless forget was called since the generation was read.
func (d *plain) remember(generation uint64, typ uintptr, ev any, found answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.generation.Load() != generation {
		return
	}
	old := d.table.Load()
	next := &table{byType: map[uintptr]*slot{}, byName: map[nameKey]answer{}}
	maps.Copy(next.byType, old.byType)
	maps.Copy(next.byName, old.byName)
	s := slot{names: found.list.spec.Names}
	if known := old.byType[typ]; known != nil {
		s.answer = known.answer
	}
	named, ok := ev.(event.Named)
	if !ok {
		s.names = nil
	}
	if s.names != nil && s.names[named.EventName()] {
		next.byName[nameKey{typ, named.EventName()}] = found
	} else {
		s.answer = found
	}
	next.byType[typ] = &s
	d.table.Store(next)
}
