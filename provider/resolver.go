package provider

import (
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/ordering"
)

// resolver finds the listeners of an event by the keys that the event goes to. Every
// provider with listeners of its own is built on it.
type resolver struct {
	matcher *matcher
	// order returns the listeners of the keys in order. The key of is that of the dispatched
	// event.
	order func(of event.Key, keys []event.Key) (rollcall.Spec, error)
	// decided returns what the application decides; nil if it decides nothing.
	decided func(of event.Key, keys []event.Key) ([]Off, []ordering.Sequence)
	leases  []*rollcall.Lease
}

// Listeners returns the listeners of ev. The error is a *rollcall.NilError if ev is nil, and
// an *IndirectionError if its type is not declared, but the pointer to it is, or what it
// points to.
func (r *resolver) Listeners(ev any) (*rollcall.Listeners, error) {
	if ev == nil {
		return nil, &rollcall.NilError{What: "event"}
	}
	name := ""
	if named, ok := ev.(event.Named); ok && len(r.matcher.keys) > 0 {
		name = named.EventName()
	}
	if !r.matcher.heardNames[name] {
		name = ""
	}
	typ := reflect.TypeOf(ev)
	if err := r.matcher.checkIndirection(typ); err != nil {
		return nil, err
	}
	return r.make(event.TypeKey(typ), r.matcher.match(typ, name))
}

// Of returns the listeners of a key, without an event. For a type, these are the
// listeners of an event of this type that has no EventName method. For a name, these are
// the listeners of the name only. The errors are those of Listeners.
func (r *resolver) Of(key event.Key) (*rollcall.Listeners, error) {
	return r.make(key, r.matcher.match(key.Type(), key.Name()))
}

// make returns the listeners of the keys as the answer for one event. The argument of is
// the key of that event.
func (r *resolver) make(of event.Key, keys []event.Key) (*rollcall.Listeners, error) {
	spec, err := r.order(of, keys)
	if err != nil {
		return nil, err
	}
	spec.Event, spec.Names, spec.Leases = r.matcher.declaration(of), r.matcher.heardNames, r.leases
	spec.EveryEvent = isOneType(of)
	if len(r.matcher.keys) == 0 {
		spec.Names = nil
	}
	return rollcall.NewListeners(spec)
}

// EventOrder is one event with its listeners in order.
type EventOrder struct {
	Event     rollcall.Declaration
	Title     string // its name or type, with the import path if another event has the same
	Declared  bool   // false for an event that is only listened to
	List      bool   // it is a list, whose members are not listeners; package fxevents has lists
	Listeners *rollcall.Listeners
	Off       []Off
	Sequences []ordering.Sequence // those that hold for the event
}

// Off is a listener that the application has switched off for an event.
type Off struct {
	Listener rollcall.Listener
	By       ordering.Entry // what the application says
}

// events returns the declared events in the order of their declaration, then those that
// are only listened to. An undeclared interface is left out if an event before it
// implements it.
func (r *resolver) events() ([]EventOrder, []error) {
	var orders []EventOrder
	var problems []error
	covered := map[event.Key]bool{}
	add := func(e rollcall.Declaration, declared bool) {
		keys := r.matcher.match(e.Key.Type(), e.Key.Name())
		for _, k := range keys {
			covered[k] = true
		}
		list, err := r.Of(e.Key)
		problems = append(problems, err)
		o := EventOrder{Event: e, Title: r.matcher.title(e.Key), Declared: declared, Listeners: list}
		if r.decided != nil {
			o.Off, o.Sequences = r.decided(e.Key, keys)
		}
		orders = append(orders, o)
	}
	for _, e := range r.matcher.events {
		covered[e.Key] = true
		add(e, true)
	}
	for _, k := range interfacesLast(r.matcher.keys) {
		if !covered[k] {
			add(rollcall.Declaration{Key: k}, false)
		}
	}
	return orders, problems
}

// isOneType reports whether k is the key of a concrete type.
func isOneType(k event.Key) bool { return k.Type() != nil && !k.IsInterface() }

func interfacesLast(keys []event.Key) []event.Key {
	isInterface := event.Key.IsInterface
	types := slices.DeleteFunc(slices.Clone(keys), isInterface)
	return append(types, slices.DeleteFunc(slices.Clone(keys), func(k event.Key) bool { return !isInterface(k) })...)
}
