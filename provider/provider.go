package provider

import (
	"context"
	"reflect"

	"github.com/rollcall-go/rollcall/event"
)

// Provider gives the listeners of an event.
type Provider interface {
	// Listeners gives the listeners to call for ev, in order. A nil list has
	// no listeners. An error means that they can't be had now, as when a
	// container fails to build one; the event must then reach nobody.
	Listeners(ev any) (*List, error)
}

// Typed is a Provider that can answer for a type, without an event at hand.
type Typed interface {
	// ListenersOf gives what Listeners gives for events of type t, and how
	// long that holds. The list of an OncePerEvent answer is not to be used.
	ListenersOf(t reflect.Type) (*List, Validity, error)
}

// Validity says how long an answer by type holds.
type Validity int

const (
	// OncePerEvent: the answer depends on the event itself: ask Listeners.
	OncePerEvent Validity = iota
	// ForNow: the answer may be another for the next dispatch.
	ForNow
	// Forever: the answer never changes.
	Forever
)

// Lister is a Provider that can name all its listeners, in an order of its own.
type Lister interface {
	All() []Listener
}

// All names the listeners of p, or nil where p is no Lister.
func All(p Provider) []Listener {
	if l, ok := p.(Lister); ok {
		return l.All()
	}
	return nil
}

// Subscriber is a value that lists its own subscriptions: one or several
// functions, each for an event, each with an ID and a placement of its own.
type Subscriber interface {
	Subscriptions() []Listener
}

// Getter is a container that gives a listener by its ID: a Listener, a
// function, a value with a Handle method (see [FromValue]).
type Getter interface {
	Get(id string) (any, error)
}

// Event is an event that an application declares, with an optional name.
type Event struct {
	Key    event.Key
	Name   string
	Source string // where it is declared, such as "recipes/module.go:12"

	// Publish has the event received by its asynchronous listeners. Nil means
	// that it may have none.
	Publish func(ctx context.Context, ev any) error

	adapt func(value any) (body, bool)
	bind  bind
}

// Declare is the event of type E. With a name, its listeners may subscribe to
// the name instead of the type.
func Declare[E any](name string) Event {
	return Event{Key: event.KeyOf[E](), Name: name, adapt: adapt[E], bind: bindTo[E]}
}

// String is the event's name, or its type where it has none.
func (e Event) String() string {
	if e.Name != "" {
		return e.Name
	}
	return e.Key.String()
}
