package provider

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/nearest"
	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/ordering"
)

// InvalidListenerError is a listener that can't be one: no function, no ID, a
// bad tag.
type InvalidListenerError struct {
	ID, Source string
	Err        error
}

func (e *InvalidListenerError) Error() string {
	return fmt.Sprintf("listener %s can't be used: %v", named(e.ID, e.Source), e.Err)
}

// Unwrap is the problem itself.
func (e *InvalidListenerError) Unwrap() error { return e.Err }

// TypeError is an event that a listener was called with but can't take: it
// listens to a name, and came by an event of another type.
type TypeError struct {
	Takes event.Key
	Event any
}

func (e *TypeError) Error() string {
	return fmt.Sprintf("it takes %v, but the event is a %T", e.Takes, e.Event)
}

// EventTypeError is a listener of an event that its function can't take.
type EventTypeError struct {
	Listener, Source string
	Takes            event.Key
	Event            Event
}

func (e *EventTypeError) Error() string {
	return fmt.Sprintf("%s takes %v, but listens to %v, which is a %v%s: correct the tag's event or the parameter",
		named(e.Listener, e.Source), e.Takes, e.Event, e.Event.Key, source.At(e.Event.Source))
}

// IndirectionError is a listener of a type that is no declared event, where a
// pointer to it is one, or of a pointer to one.
type IndirectionError struct {
	Listener, Source string
	Takes            event.Key
	Event            Event // declared
}

func (e *IndirectionError) Error() string {
	return fmt.Sprintf("%s takes %v, which nobody declares, but the event is %v%s: take that, or declare %v, too",
		named(e.Listener, e.Source), e.Takes, e.Event.Key, source.At(e.Event.Source), e.Takes)
}

// UnknownEventError is a listener of a name that no event has, and whose
// parameter has no name of its own, so that it would never be called.
type UnknownEventError struct {
	Listener, Source string
	Event            string
	Takes            event.Key
	Known            []string // names of declared events; shared, not to be changed

	near string // of them, what may have been meant, or ""
}

func (e *UnknownEventError) Error() string {
	next := "declare it"
	if e.near != "" {
		next = "did you mean " + e.near + "? Otherwise declare it"
	}
	return fmt.Sprintf("%s listens to %s, but no event has that name: %s, or leave the event to the parameter, %v",
		named(e.Listener, e.Source), e.Event, next, e.Takes)
}

// AmbiguousEventError is a text that several events match.
type AmbiguousEventError struct {
	Listener, Source string
	Event            string
	Candidates       []string // import paths
}

func (e *AmbiguousEventError) Error() string {
	return fmt.Sprintf("%s listens to %s, which may be any of %s: write one of these in full",
		named(e.Listener, e.Source), e.Event, strings.Join(e.Candidates, ", "))
}

// DuplicateEventError is a name that two declared events have, or an event
// that is declared twice.
type DuplicateEventError struct{ First, Second Event }

func (e *DuplicateEventError) Error() string {
	if e.First.Key == e.Second.Key {
		return fmt.Sprintf("event %v is declared twice%s: declare it once, where it is defined",
			e.First.Key, source.Both(e.First.Source, e.Second.Source))
	}
	return fmt.Sprintf("events %v and %v are both named %s%s: give each a name of its own",
		e.First.Key, e.Second.Key, e.First.Name, source.Both(e.First.Source, e.Second.Source))
}

// BuildError is a lazy listener that could not be built.
type BuildError struct{ Err error }

func (e *BuildError) Error() string {
	if e.Err == nil {
		return "building the listener gave a nil function"
	}
	return "building the listener: " + e.Err.Error()
}

// Unwrap is what the build function returned.
func (e *BuildError) Unwrap() error { return e.Err }

// ContainerError is a listener that its container can't give.
type ContainerError struct {
	ID    string
	Event event.Key
	Err   error
}

func (e *ContainerError) Error() string {
	return fmt.Sprintf("listener %s of %v can't be had from its container: %v", e.ID, e.Event, e.Err)
}

// Unwrap is what the container returned.
func (e *ContainerError) Unwrap() error { return e.Err }

// NoEventError is a dispatch of nothing.
type NoEventError struct{}

func (*NoEventError) Error() string { return "there is no event: the value is nil" }

// zoneError is a hint of an added member against the zone of its target. It is
// told of the one that came last.
func zoneError(x, target *member, side ordering.Side) error {
	done, do := "appended", "append"
	if target.zone == prepended {
		done, do = "prepended", "prepend"
	}
	if target.fresh {
		return &InvalidListenerError{target.ID, target.Source, fmt.Errorf(
			"it would be %s and run %s all that were added, but %s must run %s it: add this one instead, or drop that hint",
			done, side, named(x.ID, x.Source), side)}
	}
	return &InvalidListenerError{x.ID, x.Source, fmt.Errorf(
		"it must run %s %s, which was %s and runs %s all that are added: drop the hint, or %s this one, too",
		side, named(target.ID, target.Source), done, side, do)}
}

func named(id, place string) string {
	return cmp.Or(id, "without ID") + source.At(place)
}

func noMethod(t reflect.Type, name string, byDefault bool) error {
	var methods []string
	for i := range t.NumMethod() {
		methods = append(methods, t.Method(i).Name)
	}
	near := nearest.DidYouMean(name, methods)
	if byDefault {
		return fmt.Errorf("%s has no method Handle: add one, or name another by the tag's method key%s", t, near)
	}
	return fmt.Errorf("%s has no method %s%s", t, name, near)
}
