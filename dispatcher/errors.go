package dispatcher

import (
	"fmt"
	"reflect"
	"runtime/debug"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// ListenerError is the failure of one listener.
type ListenerError struct {
	Listener string // its ID
	Event    string // the event's name, or its type where it has none
	Err      error  // what the listener returned, or a *PanicError
}

func (e *ListenerError) Error() string {
	return fmt.Sprintf("listener %s of %s: %v", e.Listener, e.Event, e.Err)
}

// Unwrap is what the listener returned.
func (e *ListenerError) Unwrap() error { return e.Err }

// PanicError is a panic that was turned into an error.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine that panicked, as debug.Stack prints it
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap is the panic's value if that is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// InterruptedError is a dispatch that ended because its context was done.
type InterruptedError struct {
	Event  string
	Before string // the ID of the listener that would have been next
	Err    error  // the context's error
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("dispatch of %s stopped before listener %s: %v", e.Event, e.Before, e.Err)
}

// Unwrap is the context's error.
func (e *InterruptedError) Unwrap() error { return e.Err }

// UnboundError is a dispatch through a Late dispatcher that has none yet, or
// through nil.
type UnboundError struct{}

func (*UnboundError) Error() string {
	return "there is no dispatcher: give one that is not nil, and dispatch after Bind was called"
}

// BoundError is a second Bind of a Late dispatcher.
type BoundError struct{}

func (*BoundError) Error() string { return "the dispatcher is bound already: Bind may be called once" }

func newPanicError(value any) *PanicError {
	return &PanicError{Value: value, Stack: debug.Stack()}
}

// recoverAs is deferred where no listener is to blame.
func recoverAs(err *error, typ reflect.Type) {
	if value := recover(); value != nil {
		*err = fmt.Errorf("finding the listeners of a %v: %w", typ, newPanicError(value))
	}
}

// unasked is an event that can't say whether it is stopped, such as a nil
// pointer.
func unasked(ev any, err error) error {
	return fmt.Errorf("asking a %T whether it is stopped: %w", ev, err)
}

// nameOf is the event's own name, or that which it was declared with, or its
// type; not its own where asking for it panics.
func nameOf(ev any, list *provider.List) (name string) {
	name = list.Event()
	if name == "" {
		name = fmt.Sprintf("%T", ev)
	}
	named, ok := ev.(event.Named)
	if !ok {
		return name
	}
	defer func() { _ = recover() }()
	if own := named.EventName(); own != "" {
		return own
	}
	return name
}
