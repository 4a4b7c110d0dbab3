package orderfile

import (
	"errors"

	"github.com/rollcall-go/rollcall/internal/joined"
	"github.com/rollcall-go/rollcall/internal/nearest"
	"github.com/rollcall-go/rollcall/ordering"
)

// ProviderOrder is one provider with the order of its listeners.
type ProviderOrder struct {
	ID          string
	ListenerTag string
	Events      []EventOrder // in order of first appearance
}

// EventOrder is one event with its listeners in order.
type EventOrder struct {
	Event     string
	Listeners []PlacedListener
}

// PlacedListener is a listener at its place.
type PlacedListener struct {
	Listener
	Reason ordering.Reason
}

// Order parses data and computes the order that it declares by itself. A file
// that declares no provider has one, DefaultProvider. The error joins an
// *Error for every problem of syntax and order.
func Order(name string, data []byte) ([]ProviderOrder, error) {
	f, problems := parse(name, data)
	if hasHard(problems) {
		return nil, join(problems)
	}
	orders, more := f.order()
	if problems = append(problems, more...); len(problems) > 0 {
		return nil, join(problems)
	}
	return orders, nil
}

// hasHard says whether a problem may have hidden a listener, so that looking
// for targets would find problems that there are not.
func hasHard(problems []*Error) bool {
	for _, p := range problems {
		if p.Kind != KindInvalidPriority && p.Kind != KindDuplicate {
			return true
		}
	}
	return false
}

func (f *File) order() ([]ProviderOrder, []*Error) {
	providers := f.Providers
	if len(providers) == 0 {
		providers = []Provider{{ID: DefaultProvider, ListenerTag: DefaultListenerTag}}
	}
	problems := f.strayTags(providers)
	var orders []ProviderOrder
	sorted := map[string]bool{} // tags whose problems are told
	for _, provider := range providers {
		order, more := f.orderOf(provider)
		orders = append(orders, order)
		if !sorted[provider.ListenerTag] {
			problems = append(problems, more...)
		}
		sorted[provider.ListenerTag] = true
	}
	return orders, problems
}

// strayTags finds listeners that no provider collects.
func (f *File) strayTags(providers []Provider) []*Error {
	var known []string
	for _, p := range providers {
		known = append(known, p.ListenerTag)
	}
	known = append(known, providerTag)
	var problems []*Error
	for _, l := range f.Listeners {
		if !contains(known, l.Tag) {
			problems = append(problems, &Error{Kind: KindUnknownKey, File: f.Name, Position: l.Position,
				Message: "no provider collects the tag " + l.Tag + " of listener " + l.ID +
					", did you mean " + nearest.Closest(l.Tag, known) + "?"})
		}
	}
	return problems
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (f *File) orderOf(p Provider) (ProviderOrder, []*Error) {
	var listeners []Listener
	var items []ordering.Item
	for _, l := range f.Listeners {
		if l.Tag == p.ListenerTag {
			listeners = append(listeners, l)
			items = append(items, ordering.Item{ID: l.ID, Event: l.Event, Placement: l.Placement, Source: l.Placement.Source})
		}
	}
	orders, err := ordering.Sort(items)
	if err != nil {
		return ProviderOrder{}, f.located(err, listeners)
	}
	result := ProviderOrder{ID: p.ID, ListenerTag: p.ListenerTag}
	for _, o := range orders {
		event := EventOrder{Event: o.Event}
		for _, placed := range o.Placed {
			event.Listeners = append(event.Listeners, PlacedListener{listeners[placed.Item], placed.Reason})
		}
		result.Events = append(result.Events, event)
	}
	return result, nil
}

// located gives each problem of the order its place in the file. Duplicates
// are left out: Parse has told them.
func (f *File) located(err error, listeners []Listener) []*Error {
	var located []*Error
	for _, e := range joined.Leaves(err) {
		var problem ordering.Error
		if !errors.As(e, &problem) || problem.Kind() == ordering.KindDuplicate {
			continue
		}
		located = append(located, &Error{Kind: Kind(problem.Kind()), File: f.Name,
			Position: place(problem, listeners), Message: problem.Error(), Err: problem})
	}
	return located
}

// place is that of the target that makes the problem; of a cycle, the first.
func place(problem ordering.Error, listeners []Listener) Position {
	switch e := problem.(type) {
	case *ordering.UnknownTargetError:
		return listeners[e.Item].TargetPosition(e.Hint)
	case *ordering.NotListeningError:
		return listeners[e.Item].TargetPosition(e.Hint)
	case *ordering.CycleError:
		return listeners[e.Steps[0].Item].TargetPosition(e.Steps[0].Hint)
	}
	return Position{1, 1}
}
