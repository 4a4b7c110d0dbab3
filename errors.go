package rollcall

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/suggest"
)

// ListenerError is the failure of one listener.
type ListenerError struct {
	Listener string // its ID
	Event    string // the event's name, or its type if it has none
	Err      error  // what the listener returned, or a *PanicError
}

func (e *ListenerError) Error() string {
	return fmt.Sprintf("listener %s of %s: %v", e.Listener, e.Event, e.Err)
}

// Unwrap returns e.Err.
func (e *ListenerError) Unwrap() error { return e.Err }

// PublishError reports that an event was not published for its asynchronous listeners, or
// that this is unknown.
type PublishError struct {
	Event string   // the event's name
	Keys  []string // the receiver keys of these listeners, in order; none if it was for all subscribers
	Err   error    // what [Declaration].Publish returned, or a *PanicError
}

func (e *PublishError) Error() string {
	if len(e.Keys) == 0 {
		return fmt.Sprintf("publishing %s: %v", e.Event, e.Err)
	}
	return fmt.Sprintf("publishing %s for the receivers of %s: %v", e.Event, strings.Join(e.Keys, ", "), e.Err)
}

// Unwrap returns e.Err.
func (e *PublishError) Unwrap() error { return e.Err }

// PanicError reports a panic that became an error.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // of the goroutine that panicked, as debug.Stack prints it
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value if it is an error, and nil otherwise.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// InterruptedError reports a dispatch that ended before its last listener because the
// context was done.
type InterruptedError struct {
	Event  string
	Before string // the ID of the listener that would have been next
	Err    error  // the context's error
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("dispatch of %s stopped before listener %s: %v", e.Event, e.Before, e.Err)
}

// Unwrap returns the context's error.
func (e *InterruptedError) Unwrap() error { return e.Err }

// NilError reports a nil value. What is "event" or "dispatcher".
type NilError struct{ What string }

func (e *NilError) Error() string { return "there is no " + e.What + ": the value is nil" }

// InvalidListenerError reports a listener that a provider refuses: it has no function,
// event or ID, or a bad ID, tag or hint.
type InvalidListenerError struct {
	ID, Source string
	Err        error
}

func (e *InvalidListenerError) Error() string {
	return fmt.Sprintf("listener %s can't be used: %v", callsite.Named(e.ID, e.Source), e.Err)
}

// Unwrap returns the problem itself.
func (e *InvalidListenerError) Unwrap() error { return e.Err }

func newPanicError(value any) *PanicError {
	return &PanicError{Value: value, Stack: debug.Stack()}
}

// recoverAs turns a panic outside of listeners into an error. It must be deferred.
func recoverAs(err *error, ev any) {
	if value := recover(); value != nil {
		*err = fmt.Errorf("finding the listeners of a %T: %w", ev, newPanicError(value))
	}
}

// unasked wraps err, a panic of PropagationStopped, for example of a nil pointer.
func unasked(ev any, err error) error {
	return fmt.Errorf("asking a %T whether it is stopped: %w", ev, err)
}

// These methods return the errors of the listener at index i.

func (l *Listeners) failed(i int, ev any, err error) error {
	if l.IsAsync(i) {
		return &PublishError{Event: nameOf(ev, l), Keys: l.keysFrom(i), Err: err}
	}
	return &ListenerError{Listener: l.At(i).ID, Event: nameOf(ev, l), Err: err}
}

func (l *Listeners) panicked(i int, ev any, value any) error {
	return l.failed(i, ev, newPanicError(value))
}

func (l *Listeners) interrupted(i int, ev any, err error) error {
	return &InterruptedError{Event: nameOf(ev, l), Before: l.At(i).ID, Err: err}
}

// nameOf returns the event's own name, or else its declared name, or else its type. If
// EventName panics, nameOf ignores the event's own name.
func nameOf(ev any, list *Listeners) (name string) {
	if name = list.Event(); name == "" {
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

// noMethod returns the error for a missing method. It suggests a method with a similar
// name or, if the name is the default, the only method that could be a listener.
func noMethod(t reflect.Type, name string, byDefault bool) error {
	var methods, fitting []string
	for i := range t.NumMethod() {
		m := t.Method(i)
		methods = append(methods, m.Name)
		if sig, ok := signatureOf(reflect.Zero(t).Method(i).Type()); ok && sig.takes != contextType {
			fitting = append(fitting, m.Name)
		}
	}
	near := suggest.DidYouMean(name, methods)
	if _, ok := reflect.PointerTo(t).MethodByName(name); ok {
		return fmt.Errorf("%s has no method %s, but *%s has: use a *%[1]s", t, name, t)
	}
	switch {
	case !byDefault:
		return fmt.Errorf("%s has no method %s%s", t, name, near)
	case near == "" && len(fitting) == 1:
		near = fmt.Sprintf(", as method:%q", fitting[0])
	}
	return fmt.Errorf("%s has no method Handle: add one, or name another by the tag's method key%s", t, near)
}
