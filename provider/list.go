package provider

import (
	"cmp"
	"context"
	"iter"
	"reflect"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/internal/chain"
	"github.com/rollcall-go/rollcall/ordering"
)

// List is the listeners of one event, in order. It never changes. A nil *List
// has no listeners, nor has one of Len 0, which knows its event.
type List struct {
	listeners  []*Listener        // shared with the provider; never changed
	reasons    []*ordering.Reason // nil, or nil elements, where no sort placed them
	rearranged bool               // since reasons were given
	typ        reflect.Type       // of its events; nil where not known
	event      string             // for messages; "" where not known
	sorted     bool               // by the listeners' placements, and by nothing else
	received   []*Listener        // the asynchronous ones, as their receivers call them
	passing    bool               // made for one event, so not worth remembering
	asks       bool
	steady     bool // its events are known not to be Stoppable
	erased     []func(context.Context, any) error
	typed      atomic.Pointer[typedFuncs]

	precedence atomic.Pointer[Precedence]
	bind       bind // nil where the type of the events is not known statically
}

// typedFuncs remembers what Funcs made, one link for each type; a list serves
// one type, as a rule.
type typedFuncs struct {
	funcs any // *[]func(context.Context, E) error
	next  *typedFuncs
}

// bind makes the call of a list for the one type that its events have, so that
// the type is checked once and not for each function.
type bind func(l *List, r chain.Reporter) Bound

// Bound is a list made ready for the dispatchers of this module.
type Bound struct {
	Run  func(ctx context.Context, ev any) error
	Call any // *chain.Call[E] where the events are known to be of the type E, or nil
}

func bindTo[E any](l *List, r chain.Reporter) Bound {
	c := &chain.Call[E]{Funcs: Funcs[E](l), Reporter: r}
	erased := l.bindErased(r)
	return Bound{Call: c, Run: func(ctx context.Context, ev any) error {
		if e, ok := ev.(E); ok {
			return c.Run(ctx, e)
		}
		return erased.Run(ctx, ev) // a provider passes the list off as that of another event
	}}
}

func (l *List) bindErased(r chain.Reporter) Bound {
	c := &chain.Call[any]{Funcs: l.erased, Reporter: r}
	return Bound{Run: c.Run}
}

// Bind is for the dispatchers of this module: it makes the list ready to be
// called many times.
func (l *List) Bind(r chain.Reporter) Bound {
	if l.Len() == 0 {
		return Bound{Run: func(context.Context, any) error { return nil }}
	}
	if l.bind != nil {
		return l.bind(l, r)
	}
	return l.bindErased(r)
}

// NewList is for implementers of providers. The error is that of the first
// bad listener, see [Listener.Err]; the slice is not kept.
func NewList(listeners ...Listener) (*List, error) {
	for i := range listeners {
		if err := cmp.Or(listeners[i].Err(), misplaced(&listeners[i])); err != nil {
			return nil, err
		}
	}
	return newList(pointers(copied(listeners)), nil), nil
}

// pointers shares the listeners of a slice that is the caller's no more.
func pointers(listeners []Listener) []*Listener {
	shared := make([]*Listener, len(listeners))
	for i := range listeners {
		shared[i] = &listeners[i]
	}
	return shared
}

func newList(listeners []*Listener, reasons []*ordering.Reason) *List {
	if len(listeners) == 0 {
		return nil
	}
	l := &List{listeners: listeners, reasons: reasons}
	l.erased = compile[any](listeners)
	for i := range listeners {
		l.asks = l.asks || listeners[i].body().asks
	}
	return l
}

// Len is the number of listeners.
func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return len(l.listeners)
}

// At is the listener at index i, which must be in range.
func (l *List) At(i int) Listener { return *l.listeners[i] }

// All gives the listeners in order.
func (l *List) All() iter.Seq2[int, Listener] {
	return func(yield func(int, Listener) bool) {
		for i := range l.Len() {
			if !yield(i, *l.listeners[i]) {
				return
			}
		}
	}
}

// Find is the listener with this ID.
func (l *List) Find(id string) (Listener, bool) {
	for _, listener := range l.All() {
		if listener.ID == id {
			return listener, true
		}
	}
	return Listener{}, false
}

// Event is the declared name of the list's event, or its type where it has none;
// "" for a list of [NewList].
func (l *List) Event() string {
	if l == nil {
		return ""
	}
	return l.event
}

// Stoppable is false where the list's events are known not to be Stoppable.
func (l *List) Stoppable() bool { return l != nil && !l.steady }

// Asks says whether a listener asks for an Origin.
func (l *List) Asks() bool { return l != nil && l.asks }

// serve settles which events the list is for.
func (l *List) serve(typ reflect.Type, name string, events []Event) {
	l.typ, l.event, l.steady = typ, name, !typ.Implements(stoppableType)
	for _, x := range l.listeners {
		if b := x.body(); b.takes == typ && b.bind != nil {
			l.bind = b.bind
			return
		}
	}
	for _, e := range events {
		if e.Key.Type() == typ && e.bind != nil {
			l.bind = e.bind
			return
		}
	}
}

// Funcs are the functions of a list for events of the static type E, to be
// called one after the other; not to be changed. Each has its listener's index.
// Asynchronous listeners behind the last one that has the event published have
// none. They are made once for each E.
// No call reflects or allocates, but for a listener that takes another type
// than E and E is not an interface or a pointer.
func Funcs[E any](l *List) []func(context.Context, E) error {
	if l == nil {
		return nil
	}
	if f, ok := any(&l.erased).(*[]func(context.Context, E) error); ok {
		return *f
	}
	head := l.typed.Load()
	for t := head; t != nil; t = t.next {
		if f, ok := t.funcs.(*[]func(context.Context, E) error); ok {
			return *f
		}
	}
	funcs := compile[E](l.listeners)
	l.typed.CompareAndSwap(head, &typedFuncs{funcs: &funcs, next: head})
	return funcs
}

// compile makes no functions behind the last one that acts: a dispatch whose context
// ends while it publishes would take these for listeners that it has not reached.
func compile[E any](listeners []*Listener) []func(context.Context, E) error {
	funcs := make([]func(context.Context, E) error, len(listeners), wholeLines(len(listeners)))
	end := 0
	for i := range listeners {
		funcs[i] = compileOne[E](listeners[i])
		if publishes(listeners, i) {
			funcs[i] = forAny[E](listeners[i].body().publication.publish)
		}
		if once := listeners[i].once; once != nil {
			funcs[i] = onced(once, funcs[i])
		}
		if acts(listeners, i) {
			end = i + 1
		}
	}
	return funcs[:end]
}

// wholeLines is room for so many functions that fills cache lines of 64 bytes. Go
// then places it where a line begins, so that no neighbour in memory is written to
// while several processors read the functions: that takes them twice as long.
func wholeLines(functions int) int { return (functions + 7) &^ 7 }

func compileOne[E any](l *Listener) func(context.Context, E) error {
	b := l.body()
	if f, ok := b.exact.(func(context.Context, E) error); ok {
		return f
	}
	if exact, _ := exactly[E](b.value); exact != nil {
		return exact
	}
	return forAny[E](b.call)
}

// forAny is a function for any event as one for events of the type E.
func forAny[E any](call func(context.Context, any) error) func(context.Context, E) error {
	if f, ok := any(call).(func(context.Context, E) error); ok {
		return f
	}
	return func(ctx context.Context, e E) error { return call(ctx, e) }
}

// only is the list of the listeners at these indexes.
func (l *List) only(indexes []int) *List {
	part := make([]*Listener, len(indexes))
	var reasons []*ordering.Reason
	if l.reasons != nil {
		reasons = make([]*ordering.Reason, len(indexes))
	}
	for i, index := range indexes {
		part[i] = l.listeners[index]
		if reasons != nil {
			reasons[i] = l.reasons[index]
		}
	}
	list := newList(part, reasons)
	if list == nil {
		return nil
	}
	list.sorted, list.passing, list.rearranged = l.sorted, true, true
	if l.typ != nil {
		list.serve(l.typ, l.event, nil)
	}
	return list
}
