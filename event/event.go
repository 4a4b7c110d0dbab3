package event

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
)

// Named is an event that has a name. It goes to the listeners of that name as
// well as to those of its type.
type Named interface {
	EventName() string
}

// Stoppable is an event whose dispatch a listener can stop. A dispatcher calls
// PropagationStopped before each listener, from several goroutines if it runs listeners
// in parallel. Embed [Propagation] to implement it.
type Stoppable interface {
	PropagationStopped() bool
}

// Keyed is an event that has an order key, such as the ID of the order that it is about. A
// transport that keeps order by key publishes events of one order key in the order in which
// their transactions were committed. An empty order key asks for no order.
type Keyed interface {
	OrderKey() string
}

// Propagation makes an event Stoppable: embed it. The zero Propagation is not
// stopped. It may be used concurrently and must not be copied after first use.
type Propagation struct{ stopped atomic.Bool }

// StopPropagation keeps further listeners from being called. It may be called
// more than once.
func (p *Propagation) StopPropagation() { p.stopped.Store(true) }

// PropagationStopped reports whether StopPropagation was called.
func (p *Propagation) PropagationStopped() bool { return p.stopped.Load() }

// Generic is an event without a Go type of its own. Dispatch a *Generic. Listeners may
// write to Arguments, unless they run in parallel. A dispatch with listeners makes the map
// if it is nil.
type Generic struct {
	Propagation
	Name      string
	Subject   any // what the event is about
	Arguments map[string]any
}

// EventName returns the name.
func (g *Generic) EventName() string { return g.Name }

// Set sets an argument. It may be called on a Generic without arguments, but not
// concurrently with other uses of the Arguments.
func (g *Generic) Set(key string, value any) {
	if g.Arguments == nil {
		g.Arguments = map[string]any{}
	}
	g.Arguments[key] = value
}

// Argument returns the argument of g for the key, as a T. A nil argument is a T if
// T is an interface. The error is an [*ArgumentError] if there is no such argument,
// or if it has another type.
func Argument[T any](g *Generic, key string) (T, error) {
	if g == nil {
		g = &Generic{}
	}
	value, ok := g.Arguments[key]
	typed, isT := value.(T)
	switch {
	case !ok:
		return typed, &ArgumentError{Event: g.Name, Key: key, Known: slices.Sorted(maps.Keys(g.Arguments))}
	case !isT && !(value == nil && KeyOf[T]().IsInterface()):
		return typed, &ArgumentError{Event: g.Name, Key: key, Want: KeyOf[T]().String(), Got: fmt.Sprintf("%T", value)}
	}
	return typed, nil
}

// ArgumentError reports an argument of a Generic event that is absent (Known lists
// the present ones) or has another type (Want and Got).
type ArgumentError struct {
	Event, Key string
	Known      []string
	Want, Got  string
}

func (e *ArgumentError) Error() string {
	if e.Want != "" {
		return fmt.Sprintf("argument %q of event %s has type %s, want %s", e.Key, e.Event, e.Got, e.Want)
	}
	return fmt.Sprintf("event %s has no argument %q; it has: %s", e.Event, e.Key, strings.Join(e.Known, ", "))
}
