package provider

import (
	"errors"
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/joined"
	"github.com/rollcall-go/rollcall/ordering"
)

// Ordered is the provider that Build makes: for each event one order, computed
// from the listeners' placements. It never changes.
type Ordered struct {
	*sorter
	table   *table
	ordered []EventOrder
}

// EventOrder is one event with its listeners in order.
type EventOrder struct {
	Event    Event
	Title    string // its name or type, with the import path where another event has the same
	Declared bool   // false for an event that is only listened to
	List     *List  // of an event type, what Listeners gives
}

// Build sorts each event's listeners by their placements, as package ordering
// describes. Listeners stand in declared order; events are those that the
// application declares. Whatever is wrong comes back joined in one error:
// *InvalidListenerError, *DuplicateEventError, *EventTypeError,
// *UnknownEventError, *AmbiguousEventError, *IndirectionError, *AsyncError,
// *AsyncOrderError and the errors of package ordering. Listeners and events are not
// kept.
func Build(listeners []Listener, events []Event) (*Ordered, error) {
	listeners = copied(listeners)
	lost, err := resolve(listeners, events)
	problems := []error{invalid(listeners), duplicateEvents(events), err}
	s, err := newSorter(listeners, nil, events)
	o := &Ordered{sorter: s}
	o.table = newTable(s.matcher, s.sort)
	orderErr := o.orderKnown()
	if err := errors.Join(append(problems, err, s.badAsync(), orderErr)...); err != nil {
		return nil, errors.Join(slices.DeleteFunc(joined.Distinct(err), followsFrom(lost))...)
	}
	return o, nil
}

// followsFrom says whether an error only follows from another: these listeners
// have no event that could be found, so what they share with others is not known.
func followsFrom(lost map[string]bool) func(error) bool {
	return func(err error) bool {
		var apart *ordering.NotListeningError
		var unpublished *AsyncError
		return errors.As(err, &apart) && (lost[apart.Hint.Listener] || lost[apart.Hint.Target]) ||
			errors.As(err, &unpublished) && lost[unpublished.Listener]
	}
}

// Listeners gives the listeners of ev in order. For a declared event, or one
// seen before, it costs a map lookup. The error is a *NoEventError for nil.
func (o *Ordered) Listeners(ev any) (*List, error) { return o.table.lookup(ev) }

// ListenersOf gives the listeners of the events of type t, Forever.
func (o *Ordered) ListenersOf(t reflect.Type) (*List, Validity, error) {
	return o.table.lookupType(t, Forever)
}

// All gives all listeners in declared order.
func (o *Ordered) All() []Listener { return slices.Clone(o.listeners) }

// Events gives the declared events in the order of their declaration, then
// those that are only listened to.
func (o *Ordered) Events() []EventOrder { return slices.Clone(o.ordered) }

// orderKnown sorts every event that is known now: the declared ones, then
// those that are listened to. An interface stands for itself where no event
// before it is of that kind.
func (o *Ordered) orderKnown() error {
	var problems []error
	covered, known := map[event.Key]bool{}, map[reflect.Type]*entry{}
	add := func(e Event, declared bool) {
		for _, k := range o.matcher.match(e.Key.Type(), e.Key.Name()) {
			covered[k] = true
		}
		list, err := o.table.know(e.Key, known)
		problems = append(problems, err)
		o.ordered = append(o.ordered, EventOrder{Event: e, Title: o.matcher.title(e.Key), Declared: declared, List: list})
	}
	for _, e := range o.matcher.events {
		covered[e.Key] = true
		add(e, true)
	}
	for _, k := range interfacesLast(o.matcher.keys) {
		if !covered[k] {
			add(Event{Key: k}, false)
		}
	}
	o.table.byType.Store(&known)
	return errors.Join(append(problems, o.cyclesOfUnknown(newAhead(o.listeners)))...)
}

func interfacesLast(keys []event.Key) []event.Key {
	keys = slices.Clone(keys)
	slices.SortStableFunc(keys, func(a, b event.Key) int {
		switch {
		case a.IsInterface() == b.IsInterface():
			return 0
		case b.IsInterface():
			return -1
		}
		return 1
	})
	return keys
}

// sorter sorts listeners by their placements.
type sorter struct {
	listeners []Listener
	matcher   *matcher
	set       *ordering.Set
	async     bool // one of the listeners is asynchronous
}

// newSorter takes placements for the listeners' own, unless they are nil. It also
// returns the duplicates and bad targets; the sorter may be used all the same.
func newSorter(listeners []Listener, placements []ordering.Placement, events []Event) (*sorter, error) {
	s := &sorter{listeners: listeners, matcher: newMatcher(events, keysOf(listeners))}
	byLabel := make(map[string]event.Key, len(s.matcher.labels))
	for key, label := range s.matcher.labels {
		byLabel[label] = key
	}
	items := make([]ordering.Item, len(listeners))
	for i := range listeners {
		l := &listeners[i]
		s.async = s.async || isAsync(l)
		items[i] = ordering.Item{ID: l.ID, Event: s.matcher.labels[l.Event], Placement: l.Placement, Source: l.Source}
		if placements != nil {
			items[i].Placement = placements[i]
		}
	}
	set, err := ordering.NewSet(items, func(a, b string) bool {
		return s.matcher.overlap(byLabel[a], byLabel[b])
	})
	s.set = set
	return s, err
}

func keysOf(listeners []Listener) []event.Key {
	keys := make([]event.Key, len(listeners))
	for i := range listeners {
		keys[i] = listeners[i].Event
	}
	return keys
}

// sort orders the listeners of all the keys together.
func (s *sorter) sort(keys []event.Key) (*List, error) {
	labels := make([]string, len(keys))
	for i, k := range keys {
		labels[i] = s.matcher.labels[k]
	}
	placed, err := s.set.Sort(labels...)
	if err != nil {
		return nil, err
	}
	if s.async {
		s.asyncLast(placed)
	}
	listeners, reasons := make([]*Listener, len(placed)), make([]*ordering.Reason, len(placed))
	for i, p := range placed {
		listeners[i], reasons[i] = &s.listeners[p.Item], &placed[i].Reason
	}
	var received []*Listener
	if first := slices.IndexFunc(listeners, isAsync); first >= 0 {
		received = slices.Clone(listeners[first:])
		s.publishInstead(listeners[first:])
	}
	list := newList(listeners, reasons)
	if list != nil {
		list.sorted, list.received, list.rearranged = true, received, s.async
	}
	return list, nil
}
