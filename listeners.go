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
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// Listeners is a provider's answer: the listeners of an event, in order. It never
// changes, so a dispatch keeps the listeners that it began with. Nil has no listeners.
type Listeners struct {
	spec        Spec
	typ         reflect.Type // of the events; nil if it is not known
	unstoppable bool         // the events are known not to be Stoppable
	asks        bool         // a listener takes an Origin
	bind        bind         // nil if the type of the events is not known statically
}

// Spec is what [NewListeners] makes Listeners of. The zero Spec has no listeners.
type Spec struct {
	// Listeners are the listeners in the order in which they run, asynchronous ones last.
	// They must not be changed after NewListeners.
	Listeners []*Listener

	// Event is the event of the listeners, or the zero Declaration if it is not known.
	// Its Publish publishes events for the asynchronous listeners.
	Event Declaration

	// EveryEvent means that dispatchers may remember this answer for all events of the
	// type Event.Key.Type(). It holds until one of the Leases ends, or forever if there
	// are none. If EveryEvent is false, the provider is asked again for the next event.
	EveryEvent bool
	Leases     []*Lease

	// Names are the event names that change the answer, for a type with an EventName
	// method. The answer for an event with one of these names holds for that name only.
	// Any other answer holds for all names that are not in Names. If Names is nil, every
	// name has the same answer. NewListeners does not copy the map: don't change it.
	Names map[string]bool

	// Sorted means that the listeners' placements alone determine the order. [Parallel]
	// then runs listeners at the same time if no hint separates them.
	Sorted bool

	// Reasons are the reasons for the listeners' places, one for each listener. An element
	// is nil if no sort has placed its listener. Reasons is nil if no sort has placed any.
	Reasons []*ordering.Reason
	// Sequences are those of the application that the order keeps, for [Parallel].
	Sequences []ordering.Sequence
}

// NewListeners returns the Listeners of a Spec and copies its slices. The error joins an
// *InvalidListenerError or an *EventError for each bad listener, and an error if the
// number of Reasons is wrong. The cost is proportional to the number of listeners.
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

// Spec returns the Spec that l was made from, as a base for other Listeners. Its slices
// and maps must not be changed. It returns the zero Spec if l is nil.
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

// Reason returns why the listener at index i has its place, or false if no sort has
// placed it. The index must be in range.
func (l *Listeners) Reason(i int) (ordering.Reason, bool) {
	if l.spec.Reasons == nil || l.spec.Reasons[i] == nil {
		return ordering.Reason{}, false
	}
	return *l.spec.Reasons[i], true
}

// IsAsync reports whether the listener at index i, which must be in range, is
// asynchronous. A dispatch publishes the event instead of calling it. Asynchronous
// listeners come after all others.
func (l *Listeners) IsAsync(i int) bool { return l.spec.Listeners[i].publication != nil }

// Keys returns the receiver keys of the asynchronous listeners, each once, in order.
func (l *Listeners) Keys() []string { return keysOf(l.Spec().Listeners) }

func keysOf(listeners []*Listener) []string {
	var keys []string
	for _, x := range listeners {
		if x.Async != "" && !slices.Contains(keys, x.Async) {
			keys = append(keys, x.Async)
		}
	}
	return keys
}

// keysFrom returns the receiver keys that the publication of the listener at index i is
// for. It returns none for a publication to all subscribers.
func (l *Listeners) keysFrom(i int) []string {
	same := l.spec.Listeners[i:]
	if end := slices.IndexFunc(same, func(x *Listener) bool { return x.publication != same[0].publication }); end >= 0 {
		same = same[:end]
	}
	return slices.DeleteFunc(keysOf(same), func(key string) bool { return key == friend.AnyKey })
}

// isNamed reports whether the names of the events matter.
func (l *Listeners) isNamed() bool { return l.spec.Names != nil && l.typ.Implements(namedType) }

// stoppable reports whether the events may be Stoppable.
func (l *Listeners) stoppable() bool { return !l.unstoppable }

// publication publishes events for asynchronous listeners. The first listener of a
// publication in a list publishes the event for all listeners that share the publication.
type publication struct {
	publish func(context.Context, any) error
}

// publishes reports whether the listener at index i is the first of its publication. The
// listeners of one publication are adjacent.
func publishes(listeners []*Listener, i int) bool {
	p := listeners[i].publication
	return p != nil && (i == 0 || listeners[i-1].publication != p)
}

// published returns the listener for a list. An asynchronous listener without a
// publication gets p. A synchronous listener loses its publication. published changes
// only copies, and returns all other listeners unchanged.
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

// checkAsync returns an error if the listener is asynchronous but can't be for this
// event.
func (d Declaration) checkAsync(l *Listener) error {
	switch {
	case l.Async == "" || l.publication != nil:
		return nil
	case l.once != nil:
		return eventError(l, "is asynchronous, but its receivers can't enforce rollcall.Once across processes: drop rollcall.Once, or the tag's async")
	case l.Event.IsInterface():
		return eventError(l, "is asynchronous, but listens to the interface %v: listen to a concrete type, so that events can be decoded", l.Event)
	case d.Publish == nil && d.Key == event.Key{}:
		return unpublished(l)
	case d.Publish == nil:
		return eventError(l, "is asynchronous, but its event %v%s can't be published without a name: declare it with one", l.Event, callsite.At(d.Source))
	}
	return nil
}

// unpublished returns the error for an asynchronous listener in a list whose events can't
// be published.
func unpublished(l *Listener) error {
	return eventError(l, "is asynchronous, but only providers made by provider.Build publish events: drop the tag's async")
}

// synchronous returns how many listeners come before the asynchronous ones.
func synchronous(listeners []*Listener) int {
	if i := slices.IndexFunc(listeners, func(l *Listener) bool { return l.Async != "" }); i >= 0 {
		return i
	}
	return len(listeners)
}
