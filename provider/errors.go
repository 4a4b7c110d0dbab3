package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// DeclarationError reports an invalid declaration: an event that is declared twice, has
// the name of another event, a name that it can't have, or no type.
type DeclarationError struct {
	Event   rollcall.Declaration
	Other   rollcall.Declaration // declared before; the zero Declaration if Event alone is wrong
	Problem string
}

func (e *DeclarationError) Error() string { return e.Problem }

// ContainerError reports a listener that a [Container] could not get, or got but can't
// use.
type ContainerError struct {
	ID    string
	Event event.Key
	Err   error
}

func (e *ContainerError) Error() string {
	return fmt.Sprintf("listener %s of %v can't be provided by its container: %v", e.ID, e.Event, e.Err)
}

// Unwrap returns Err.
func (e *ContainerError) Unwrap() error { return e.Err }

// IndirectionError reports an event of a type T that was dispatched although only *T is
// declared, or of *T if only T is. The listeners of the declared type would not hear it.
type IndirectionError struct {
	Event    event.Key            // what was dispatched
	Declared rollcall.Declaration // what is declared
}

func (e *IndirectionError) Error() string {
	name := ""
	if e.Declared.Name != "" {
		name = " " + e.Declared.Name
	}
	return fmt.Sprintf("the dispatched event is a %v, but the declared event%s is a %v%s: dispatch that, or declare %v, too",
		e.Event, name, e.Declared.Key, callsite.At(e.Declared.Source), e.Event)
}

// bandError returns the error for a hint of x that contradicts the band of its target.
// The error blames the one of the two that was added last.
func bandError(x, target member, side ordering.Side) error {
	done, do := "appended", "append"
	if target.band == ordering.Prepended {
		done, do = "prepended", "prepend"
	}
	if !target.forgive {
		return &rollcall.InvalidListenerError{ID: target.ID, Source: target.Source, Err: fmt.Errorf(
			"it would be %s and run %s all that were added, but %s must run %s it: add this one instead, or drop that hint",
			done, side, callsite.Named(x.ID, x.Source), side)}
	}
	return &rollcall.InvalidListenerError{ID: x.ID, Source: x.Source, Err: fmt.Errorf(
		"it must run %s %s, which was %s and runs %s all that are added: drop the hint, or %s this one, too",
		side, callsite.Named(target.ID, target.Source), done, side, do)}
}

// invalid joins the errors of the listeners' Err methods.
func invalid(listeners []rollcall.Listener) error {
	var problems []error
	for _, l := range listeners {
		problems = append(problems, l.Err())
	}
	return errors.Join(problems...)
}

// mistaken joins the errors of listeners in a provider without declarations. They must be
// valid, synchronous, and able to take their event.
func mistaken(listeners []rollcall.Listener) error {
	problems := []error{invalid(listeners)}
	for _, l := range listeners {
		if l.Async != "" {
			problems = append(problems, unpublished(&l))
		}
	}
	_, err := catalogOf(nil).Resolve(slices.Clone(listeners))
	return errors.Join(append(problems, err)...)
}

// unpublished returns the error for an asynchronous listener of a provider that does not
// publish events.
func unpublished(l *rollcall.Listener) error { return rollcall.Internal.Unpublished(friend.Key{}, l) }

// addedAsync returns the error for an asynchronous listener that is added to those of an
// application.
func addedAsync(l *rollcall.Listener) error {
	return &rollcall.EventError{Listener: l.ID, Source: l.Source, Event: l.Event.String(), Problem: "is asynchronous, but is added at run time, " +
		"and receivers are declared when the application starts: drop the tag's async, or register it with fxevents.Listen"}
}

// duplicates joins an *ordering.DuplicateError for each ID that an event has twice.
func duplicates(listeners []rollcall.Listener) error {
	members := make([]member, len(listeners))
	for i := range listeners {
		members[i] = member{Listener: &listeners[i], forgive: true}
	}
	_, err := newSorter(members, nil)
	return err
}

// copied returns deep copies of listeners.
func copied(listeners []rollcall.Listener) []rollcall.Listener {
	listeners = slices.Clone(listeners)
	for i := range listeners {
		p := &listeners[i].Placement
		p.Labels, p.Before, p.After = slices.Clone(p.Labels), slices.Clone(p.Before), slices.Clone(p.After)
	}
	return listeners
}

// badDeclarations joins a *DeclarationError for each invalid declaration.
func badDeclarations(events []rollcall.Declaration) error {
	var problems []error
	bad := func(e, other rollcall.Declaration, format string, args ...any) {
		problems = append(problems, &DeclarationError{Event: e, Other: other, Problem: fmt.Sprintf(format, args...)})
	}
	byKey, byName := map[event.Key]rollcall.Declaration{}, map[string]rollcall.Declaration{}
	for _, e := range events {
		at := callsite.At(e.Source)
		first, twice := byKey[e.Key]
		namesake, taken := byName[e.Name]
		switch {
		case e.Key == event.Key{}:
			bad(e, first, "event %q%s has no key: declare it with rollcall.Declare", e.Name, at)
		case e.Key.Type() == nil && e.Name != "":
			bad(e, first, "event %q%s has the key of a name, %v, where its type belongs: declare it with rollcall.Declare", e.Name, at, e.Key)
		case e.Name == "*":
			bad(e, first, "event %v%s can't be named *, which stands for all events and lists: give it another name", e.Key, at)
		case strings.TrimSpace(e.Name) != e.Name:
			bad(e, first, "the name %q of event %v%s has spaces around it: drop them", e.Name, e.Key, at)
		case twice:
			bad(e, first, "event %v is declared twice%s: declare it once, where it is defined", e.Key, callsite.Both(first.Source, e.Source))
		case taken && e.Name != "":
			bad(e, namesake, "events %v and %v are both named %s%s: give each a name of its own", namesake.Key, e.Key, e.Name, callsite.Both(namesake.Source, e.Source))
			byKey[e.Key] = e
		default:
			byKey[e.Key], byName[e.Name] = e, e
		}
	}
	return errors.Join(problems...)
}
