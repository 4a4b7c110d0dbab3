package dispatcher

import (
	"context"
	"math/bits"
	"reflect"

	"github.com/rollcall-go/rollcall/provider"
)

// route is what a dispatcher does with the events of one type, where that
// never changes.
type route struct {
	typ uintptr // the address of the type's descriptor, 0 for none
	provider.Bound
}

// address tells types apart. Descriptors are neither moved nor freed.
func address(typ reflect.Type) uintptr { return reflect.ValueOf(typ).Pointer() }

// routes finds the route of a type: a hash table with open addressing, never
// full, that is not changed but replaced. It takes half the time of a map.
type routes struct {
	slots []route
	shift int
	count int
}

// find gives the route of a type, or nil.
func (r *routes) find(typ reflect.Type) *route {
	if r == nil || typ == nil {
		return nil
	}
	at := address(typ)
	for i := r.slot(at); ; i = (i + 1) & (len(r.slots) - 1) {
		if s := &r.slots[i]; s.typ == at {
			return s
		} else if s.typ == 0 {
			return nil
		}
	}
}

// slot is where to look first (Fibonacci hashing).
func (r *routes) slot(at uintptr) int {
	return int(uint64(at) * 0x9e3779b97f4a7c15 >> (r.shift & 63))
}

// with is the table with one more route.
func (r *routes) with(added route) *routes {
	count := 1
	if r != nil {
		count = r.count + 1
	}
	size := max(8, 1<<bits.Len(uint(2*count)))
	next := &routes{slots: make([]route, size), shift: 64 - bits.Len(uint(size-1)), count: count}
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

func (r *routes) put(added route) {
	i := r.slot(added.typ)
	for r.slots[i].typ != 0 {
		i = (i + 1) & (len(r.slots) - 1)
	}
	r.slots[i] = added
}

// newRoute makes the route of a type; nil where the answer may change.
func (b *Basic) newRoute(typ reflect.Type) (*route, error) {
	if b.typed == nil || typ == nil {
		return nil, nil
	}
	list, validity, err := b.listenersOf(typ)
	if validity != provider.Forever || err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.routes.Load()
	if known.find(typ) == nil {
		known = known.with(route{address(typ), b.bind(list)})
		b.routes.Store(known)
	}
	return known.find(typ), nil
}

func (b *Basic) bind(list *provider.List) provider.Bound {
	if isIdle(list, b.policy) || isPlain(list, b.policy) {
		return list.Bind(reporter{list})
	}
	c := newCall(provider.Funcs[any](list), list, b.policy, b)
	return provider.Bound{Run: func(ctx context.Context, ev any) error { return c.runWatchfully(ctx, ev) }}
}
