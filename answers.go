package rollcall

import (
	"context"
	"maps"
	"math/bits"
	"reflect"

	"github.com/rollcall-go/rollcall/event"
)

// answer is a provider's answer, made ready for who remembers it.
type answer struct {
	list  *Listeners
	run   func(ctx context.Context, ev any) error
	typed any // *loop[E] for events of the type E, or nil
}

// forget drops everything, also what is on its way into the table.
func (d *plain) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.generation.Add(1)
	d.table.Store(nil)
}

// known returns what is remembered.
func (d *plain) known(ev any) (answer, bool) {
	s := d.table.Load().find(reflect.TypeOf(ev))
	switch {
	case s == nil:
		return answer{}, false
	case s.names == nil:
		return s.answer, true
	}
	return s.names.find(ev.(event.Named).EventName())
}

// ask asks the provider and remembers the answer for as long as it holds.
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
	found := d.prepare(list, typ)
	if list.typ == typ && list.spec.EveryEvent && d.holder.enterAll(list.spec.Leases) {
		d.remember(generation, typ, ev, found)
	}
	return found, nil
}

// nobody has no listeners, for one event.
var nobody = &Listeners{}

// remember keeps an answer unless something was forgotten since the generation.
func (d *plain) remember(generation uint64, typ reflect.Type, ev any, found answer) {
	s := slot{typ: address(typ), answer: found}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.generation.Load() != generation {
		return
	}
	known := d.table.Load()
	if named, ok := ev.(event.Named); ok && found.list.spec.Names != nil {
		s = known.find(typ).named(s, named.EventName())
	}
	d.table.Store(known.with(s))
}

// names has the answers of a type whose events have names of their own.
type names struct {
	change map[string]bool // names that change the answer
	byName map[string]answer
	other  *answer // for all names that don't
}

func (n *names) find(name string) (answer, bool) {
	if n.change[name] {
		a, ok := n.byName[name]
		return a, ok
	}
	if n.other == nil {
		return answer{}, false
	}
	return *n.other, true
}

// named returns a slot that has the answer for a name beside those of s, which may be
// nil.
func (s *slot) named(added slot, name string) slot {
	next := names{change: added.list.spec.Names, byName: map[string]answer{}}
	if s != nil {
		maps.Copy(next.byName, s.names.byName)
		next.other = s.names.other
	}
	if next.change[name] {
		next.byName[name] = added.answer
	} else {
		next.other = &added.answer
	}
	return slot{typ: added.typ, names: &next}
}

// slot is what is remembered for the events of one type.
type slot struct {
	typ uintptr // the address of the type's descriptor, 0 for none
	answer
	names *names // instead of the answer, for types with an EventName method
}

// address tells types apart. Descriptors are neither moved nor freed.
func address(typ reflect.Type) uintptr { return reflect.ValueOf(typ).Pointer() }

// table finds the slot of a type: a hash table with open addressing, never
// full, that is not changed but replaced. It takes half the time of a map.
type table struct {
	slots []slot
	shift int
	count int
}

// find returns the slot of a type, or nil.
func (r *table) find(typ reflect.Type) *slot {
	if r == nil || typ == nil {
		return nil
	}
	return r.at(address(typ))
}

func (r *table) at(at uintptr) *slot {
	for i := r.first(at); ; i = (i + 1) & (len(r.slots) - 1) {
		if s := &r.slots[i]; s.typ == at {
			return s
		} else if s.typ == 0 {
			return nil
		}
	}
}

// first returns where to look first (Fibonacci hashing).
func (r *table) first(at uintptr) int {
	return int(uint64(at) * 0x9e3779b97f4a7c15 >> (r.shift & 63))
}

// with returns the table with one more slot, or with another of the same type.
func (r *table) with(added slot) *table {
	count := 1
	if r != nil {
		count += r.count
		if r.at(added.typ) != nil {
			count--
		}
	}
	size := max(8, 1<<bits.Len(uint(2*count)))
	next := &table{slots: make([]slot, size), shift: 64 - bits.Len(uint(size-1)), count: count}
	if r != nil {
		for _, old := range r.slots {
			if old.typ != 0 {
				next.put(old)
			}
		}
	}
	next.put(added)
	return next
}

func (r *table) put(added slot) {
	i := r.first(added.typ)
	for r.slots[i].typ != 0 && r.slots[i].typ != added.typ {
		i = (i + 1) & (len(r.slots) - 1)
	}
	r.slots[i] = added
}
