package rollcall

import (
	"context"
	"maps"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/event"
)

// answer is a provider's answer, made ready for who remembers it.
type answer struct {
	list  *Listeners
	run   func(ctx context.Context, ev any) error
	typed any // *loop[E] for events of the type E, or nil
}

// answers remembers a provider's answers by the type of the event, and by its name
// where that matters. Reading what is known takes no lock.
type answers struct {
	provider Provider
	prepare  func(*Listeners, reflect.Type) answer
	holder   *holder // enters the leases of what is remembered
	table    atomic.Pointer[table]

	mu         sync.Mutex // held while the table is replaced
	generation atomic.Uint64
}

func newAnswers(p Provider, prepare func(*Listeners, reflect.Type) answer) *answers {
	a := &answers{provider: p, prepare: prepare}
	a.holder = &holder{forget: a.forget}
	return a
}

// forget drops everything, also what is on its way into the table.
func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.generation.Add(1)
	a.table.Store(nil)
}

// known returns what is remembered.
func (a *answers) known(ev any) (answer, bool) {
	s := a.table.Load().find(reflect.TypeOf(ev))
	switch {
	case s == nil:
		return answer{}, false
	case s.names == nil:
		return s.answer, true
	}
	return s.names.find(ev.(event.Named).EventName())
}

// ask asks the provider and remembers the answer for as long as it holds.
func (a *answers) ask(ev any) (answer, error) {
	generation := a.generation.Load()
	if ev == nil {
		return answer{}, &NoEventError{}
	}
	list, err := a.provider.Listeners(ev)
	if err != nil {
		return answer{}, err
	}
	if list == nil {
		list = nobody
	}
	typ := reflect.TypeOf(ev)
	found := a.prepare(list, typ)
	if list.typ == typ && list.spec.EveryEvent && a.holder.enterAll(list.spec.Leases) {
		a.remember(generation, typ, ev, found)
	}
	return found, nil
}

// nobody has no listeners, for one event.
var nobody = &Listeners{}

// remember keeps an answer unless something was forgotten since the generation.
func (a *answers) remember(generation uint64, typ reflect.Type, ev any, found answer) {
	s := slot{typ: address(typ), answer: found}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.generation.Load() != generation {
		return
	}
	known := a.table.Load()
	if named, ok := ev.(event.Named); ok && found.list.spec.Names != nil {
		s = known.find(typ).named(s, named.EventName())
	}
	a.table.Store(known.with(s))
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
