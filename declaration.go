package rollcall

import (
	"context"

	"github.com/rollcall-go/rollcall/event"
)

// Declaration is an event type that an application declares, with an optional name.
// Make it with [Declare]. One that has only a Key works too, but a dispatch that does
// not know the type statically then costs a type assertion for each listener.
type Declaration struct {
	Key    event.Key
	Name   string
	Source string // where it is declared, such as "recipes/module.go:12"

	// Publish hands the event to those that call its asynchronous listeners. It
	// returns nil once the event is safe with them. Nil means that the event may
	// have no asynchronous listeners.
	Publish func(ctx context.Context, ev any) error

	bind bind
}

// Declare returns the declaration of the event type E. If it has a name, listeners
// may subscribe to the name instead of the type.
func Declare[E any](name string) Declaration {
	return Declaration{Key: event.KeyOf[E](), Name: name, bind: bindTo[E]}
}

// String returns the event's name, or its type if it has none.
func (d Declaration) String() string {
	if d.Name != "" {
		return d.Name
	}
	return d.Key.String()
}
