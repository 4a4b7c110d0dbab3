package rollcall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/ordering"
)

// Listeners is a provider's answer: the listeners of an event, in order. It never
// changes, so a dispatch keeps the listeners that it began with. Nil has no listeners.
type Listeners struct {
	spec        Spec
	typ         reflect.Type // of the events; nil if it is not known
	unstoppable bool         // the events are known not to be Stoppable
	asks        bool         // a listener asks for an Origin
	bind        bind         // nil if the type of the events is not known statically
}

// Spec is what [NewListeners] makes Listeners of. The zero Spec has no listeners.
type Spec struct {
	// Listeners are the listeners in the order in which they run. Asynchronous ones
	// come last. They must not be changed any more.
	Listeners []*Listener

	// Event is the event that they listen to, and the zero Declaration if it is not
	// known. Asynchronous listeners are published by its Publish.
	Event Declaration

	// EveryEvent says that this is the answer for every event of the type
	// Event.Key.Type(), for ever or until one of the Leases ends. Otherwise it is the
	// answer for one event, and the next event asks again.
	EveryEvent bool
	Leases     []*Lease

	// Names has the names that events of this type may have by an EventName method
	// and that change the answer. An answer for an event with such a name holds for
	// this name only, and any other answer for all names that are not listed. Nil
	// means that names change nothing. It is ignored for events without the method.
	Names map[string]bool

	// Sorted says that the order comes from the listeners' placements alone, so that
	// [Parallel] may run at the same time what no hint separates.
	Sorted bool

	// Reasons says for each listener why it stands there. Nil, and nil elements, mean
	// that no sort has placed the listeners or that listener.
	Reasons []*ordering.Reason
}

// NewListeners returns the Listeners of a specification, whose slices it copies. The
// error joins an *InvalidListenerError or an *EventError for each listener that can't
// be one. It costs time in proportion to the listeners.
func NewListeners(s Spec) (*Listeners, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	listeners := slices.Clone(s.Listeners)
	l := &Listeners{spec: s, typ: s.Event.Key.Type(), bind: s.Event.bind}
	l.spec.Listeners, l.spec.Reasons, l.spec.Leases = listeners, slices.Clone(s.Reasons), slices.Clone(s.Leases)
	l.unstoppable = l.typ != nil && !l.typ.Implements(stoppableType)
	p := &publication{s.Event.Publish}
	for i, x := range listeners {
		listeners[i] = published(x, p)
		l.asks = l.asks || x.fn.asks
		if l.bind == nil && x.fn.takes == l.typ && l.typ != nil {
			l.bind = x.fn.bind
		}
	}
	return l, nil
}

var (
	stoppableType = reflect.TypeFor[event.Stoppable]()
	namedType     = reflect.TypeFor[event.Named]()
)

func (s *Spec) check() error {
	var problems []error
	if n := len(s.Reasons); n != 0 && n != len(s.Listeners) {
		problems = append(problems, fmt.Errorf("there are %d reasons for %d listeners: give one for each, or none", n, len(s.Listeners)))
	}
	var async *Listener
	for _, l := range s.Listeners {
		if l == nil {
			l = &Listener{}
		}
		err := cmp.Or(l.Err(), s.Event.checkAsync(l))
		if async != nil && l.Async == "" && err == nil {
			err = eventError(async, "is asynchronous, but stands before %s, which a dispatch calls: put asynchronous listeners last", l.ID)
		}
		if l.Async != "" {
			async = l
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// Spec returns the specification that l was made of, to make other Listeners of it.
// Its slices and maps are not to be changed. That of nil is the zero Spec.
func (l *Listeners) Spec() Spec {
	if l == nil {
		return Spec{}
	}
	return l.spec
}

// Len returns the number of listeners.
func (l *Listeners) Len() int { return len(l.Spec().Listeners) }

// At returns the listener at index i, which must be in range.
func (l *Listeners) At(i int) Listener { return *l.spec.Listeners[i] }

// All iterates over the listeners in order.
func (l *Listeners) All() iter.Seq2[int, Listener] {
	return func(yield func(int, Listener) bool) {
		for i := range l.Len() {
			if !yield(i, l.At(i)) {
				return
			}
		}
	}
}

// Event returns the event's name, or its type if it has none, and "" if neither is
// known.
func (l *Listeners) Event() string {
	if l == nil || l.spec.Event.Key == (event.Key{}) {
		return ""
	}
	return l.spec.Event.String()
}

// Reason says why the listener at index i stands there. It returns false if no sort
// has placed it.
func (l *Listeners) Reason(i int) (ordering.Reason, bool) {
	if l.spec.Reasons == nil || l.spec.Reasons[i] == nil {
		return ordering.Reason{}, false
	}
	return *l.spec.Reasons[i], true
}

// IsAsync reports whether the listener at index i is asynchronous: a dispatch does not
// call it, but publishes the event. Asynchronous listeners stand behind all others.
func (l *Listeners) IsAsync(i int) bool { return l.spec.Listeners[i].publication != nil }

// Keys returns the receiver keys of the asynchronous listeners, in their order.
func (l *Listeners) Keys() []string {
	var keys []string
	for _, x := range l.Spec().Listeners {
		if x.Async != "" && !slices.Contains(keys, x.Async) {
			keys = append(keys, x.Async)
		}
	}
	return keys
}

// isNamed reports whether the names of the events matter.
func (l *Listeners) isNamed() bool { return l.spec.Names != nil && l.typ.Implements(namedType) }

// stoppable reports whether the events may be Stoppable.
func (l *Listeners) stoppable() bool { return !l.unstoppable }

// publication is what a dispatch does for asynchronous listeners: the first of them
// in a list publishes the event for all of those that share it.
type publication struct {
	publish func(context.Context, any) error
}

// publishes reports whether the listener at index i is the first of its publication,
// whose listeners stand together.
func publishes(listeners []*Listener, i int) bool {
	p := listeners[i].publication
	return p != nil && (i == 0 || listeners[i-1].publication != p)
}

// published returns the listener as it stands in a list of the event: an asynchronous
// one with its publication, which is that of the other asynchronous ones if it has
// none yet.
func published(l *Listener, p *publication) *Listener {
	if (l.Async == "") == (l.publication == nil) {
		return l
	}
	placed := *l
	placed.publication = nil
	if l.Async != "" {
		placed.publication = p
	}
	return &placed
}

// checkAsync says why the listener can't be asynchronous for the event.
func (d Declaration) checkAsync(l *Listener) error {
	switch {
	case l.Async == "" || l.publication != nil:
		return nil
	case l.once != nil:
		return eventError(l, "is asynchronous, but is for one event only, which its receivers can't know of each other: drop rollcall.Once, or the tag's async")
	case l.Event.IsInterface():
		return eventError(l, "is asynchronous, but listens to the interface %v: it must listen to one type, which what arrives is decoded to", l.Event)
	case d.Publish == nil && d.Key == event.Key{}:
		return unpublished(l)
	case d.Publish == nil:
		return eventError(l, "is asynchronous, but its event %v%s has no name by which it could leave the process: declare it with one", l.Event, callsite.At(d.Source))
	}
	return nil
}

// unpublished returns the error of an asynchronous listener in a list that nobody
// publishes events for.
func unpublished(l *Listener) error {
	return eventError(l, "is asynchronous, but only a provider that provider.Build makes publishes events: drop the tag's async")
}

// synchronous returns how many listeners come before the asynchronous ones.
func synchronous(listeners []*Listener) int {
	if i := slices.IndexFunc(listeners, func(l *Listener) bool { return l.Async != "" }); i >= 0 {
		return i
	}
	return len(listeners)
}
