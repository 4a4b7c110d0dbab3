package provider

import (
	"errors"
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/ordering"
)

// Sorted is the provider that Build returns. For each event it has one order, computed
// from the listeners' placements. It never changes.
type Sorted struct {
	*resolver
	sorter    *sorter
	listeners []rollcall.Listener
	orders    []EventOrder
	known     map[event.Key]*rollcall.Listeners
}

// Build sorts each event's listeners by their placements, as package ordering describes.
// The order of the slice is the declared order. The events are those that the application
// declares, if any, see [rollcall.Declaration]. Build keeps neither slice. Rules name
// events as a tag does; several rules add up.
//
// The error joins all problems: *rollcall.InvalidListenerError, *rollcall.EventError,
// *DeclarationError and the errors of package ordering.
func Build(listeners []rollcall.Listener, events []rollcall.Declaration, rules ...ordering.Rules) (*Sorted, error) {
	listeners = copied(listeners)
	lost, err := catalogOf(events).Resolve(listeners)
	sorted, buildErr := build(listeners, events, lost, rules...)
	if err := errors.Join(err, buildErr); err != nil {
		return nil, errors.Join(errlist.Distinct(err)...)
	}
	return sorted, nil
}

// build is Build for listeners whose events are already resolved. The map lost has the
// IDs of listeners whose event could not be resolved.
func build(listeners []rollcall.Listener, events []rollcall.Declaration, lost map[string]bool, rules ...ordering.Rules) (*Sorted, error) {
	members := make([]member, len(listeners))
	for i := range listeners {
		members[i].Listener = &listeners[i]
		if listeners[i].Async != "" {
			members[i].band = ordering.Asynchronous
		}
	}
	s, err := newSorter(members, events, rules...)
	err = withoutBands(err, func(*ordering.BandError) error { return nil }) // hintsAcrossKeys reports these
	problems := []error{invalid(listeners), badDeclarations(events), err, s.hintsAcrossKeys()}
	o, orderErrs := newSorted(listeners, s)
	problems = append(append(problems, orderErrs...), s.cycles())
	if err := errors.Join(problems...); err != nil {
		return nil, errors.Join(slices.DeleteFunc(errlist.Distinct(err), followsFrom(lost))...)
	}
	return o, nil
}

// newSorted returns the provider of a sorter's listeners. The errors are those of the
// events that can't be sorted.
func newSorted(listeners []rollcall.Listener, s *sorter) (*Sorted, []error) {
	o := &Sorted{listeners: listeners, sorter: s, known: map[event.Key]*rollcall.Listeners{}}
	o.resolver = s.resolver(nil)
	orders, problems := o.events()
	for _, x := range orders {
		o.known[x.Event.Key] = x.Listeners
	}
	o.orders = orders
	return o, problems
}

// followsFrom returns a function that reports whether an error is only a consequence of
// an earlier one. The events of lost listeners are unknown, so errors about these
// listeners may be wrong.
func followsFrom(lost map[string]bool) func(error) bool {
	return func(err error) bool {
		switch e := err.(type) {
		case *ordering.NotListeningError:
			return lost[e.Hint.Listener] || lost[e.Hint.Target]
		case *rollcall.EventError:
			return lost[e.Listener]
		}
		return false
	}
}

// Listeners returns the listeners of ev in order. It costs a map lookup if ev's type is
// declared or has listeners. For other types, and for events whose own name has
// listeners, it costs a sort. A dispatcher remembers the result in each case. The error is
// a *rollcall.NilError if ev is nil. It is an *IndirectionError if ev's type T is not
// declared, but *T is, or the other way round.
func (s *Sorted) Listeners(ev any) (*rollcall.Listeners, error) {
	known := s.known[event.TypeKey(reflect.TypeOf(ev))]
	named, ok := ev.(event.Named)
	if known == nil || ok && s.matcher.heardNames[named.EventName()] {
		return s.resolver.Listeners(ev)
	}
	return known, nil
}

// All returns all listeners in declared order.
func (s *Sorted) All() []rollcall.Listener { return slices.Clone(s.listeners) }

// Events returns the declared events in the order of their declaration, then those that
// are only listened to, interfaces last. An undeclared interface is left out if an event
// before it implements it. A nil Sorted has no events.
func (s *Sorted) Events() []EventOrder {
	if s == nil {
		return nil
	}
	return slices.Clone(s.orders)
}
