package providertest

import (
	"reflect"

	"github.com/rollcall-go/rollcall/provider"
)

// typed is a provider of everybody that answers by type, or nil.
func (x *trial) typed() (provider.Provider, provider.Typed) {
	p := x.built(everybody()...)
	typed, ok := p.(provider.Typed)
	if !ok {
		x.Skip("it is no provider.Typed")
	}
	return p, typed
}

func checkByType(x *trial) {
	p, typed := x.typed()
	if typed == nil {
		return
	}
	for _, t := range types() {
		got := askType(typed, t)
		if got.err != nil {
			x.broken("ListenersOf gave %v for %v", got, t)
			continue
		}
		x.agree(p, t, got)
	}
	x.agreeOnNil(typed)
	if empty, ok := x.built().(provider.Typed); ok {
		x.agreeOnNil(empty)
	}
	if got := askType(typed, nil); got.list.Len() > 0 {
		x.broken("ListenersOf gave %v for the type of nil, which no event has", got)
	}
}

// agree holds an answer by type against those for events of that type.
func (x *trial) agree(p provider.Provider, t reflect.Type, got typeAnswer) {
	x.Helper()
	if got.validity == provider.OncePerEvent {
		return
	}
	for _, s := range samples() {
		if !reflect.TypeOf(s.event).AssignableTo(t) {
			continue
		}
		if now := ask(p, s.event); now.String() != got.answer.String() {
			x.broken("ListenersOf gave %v %s for %v, and Listeners %v for a %v", got, holds(got.validity), t, now, s)
			return
		}
	}
}

// agreeOnNil asks for interfaces: their events may be nil, for which Listeners
// has an error.
func (x *trial) agreeOnNil(typed provider.Typed) {
	x.Helper()
	for _, t := range types() {
		if got := askType(typed, t); t.Kind() == reflect.Interface && got.err == nil && got.validity != provider.OncePerEvent {
			x.broken("ListenersOf gave %v %s for %v, though an event of it may be nil", got, holds(got.validity), t)
			return
		}
	}
}

func holds(v provider.Validity) string {
	if v == provider.Forever {
		return "Forever"
	}
	return "ForNow"
}

func checkForever(x *trial) {
	p, typed := x.typed()
	if typed == nil {
		return
	}
	before := map[reflect.Type]typeAnswer{}
	for _, t := range types() {
		before[t] = askType(typed, t)
	}
	x.askAll(p)
	x.hold(p, typed, before)
	if x.add != nil {
		x.added(p, on[any]("added"))
		x.hold(p, typed, before)
	}
}

// hold looks whether answers that hold Forever still do.
func (x *trial) hold(p provider.Provider, typed provider.Typed, before map[reflect.Type]typeAnswer) {
	x.Helper()
	for _, t := range types() {
		first := before[t]
		if first.err != nil || first.validity != provider.Forever {
			continue
		}
		if now := askType(typed, t); now.String() != first.String() || now.validity != first.validity {
			x.broken("ListenersOf gave %v Forever for %v, and later %v %s", first, t, now, holds(now.validity))
			continue
		}
		x.agree(p, t, first)
	}
}

// checkAll lets a provider name others too, which no event reaches now: a
// filter can't know what its predicate will say.
func checkAll(x *trial) {
	given := everybody()
	lister, ok := x.built(given...).(provider.Lister)
	if !ok {
		x.Skip("it is no provider.Lister")
		return
	}
	times := map[string]int{}
	for _, l := range lister.All() {
		times[l.ID]++
	}
	for _, l := range given {
		if n := times[l.ID]; n != 1 {
			x.broken("All named %s %d times", l.ID, n)
		}
	}
}
