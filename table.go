package rollcall

import (
	"math/bits"
	"reflect"
)

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
