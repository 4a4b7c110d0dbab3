package fxevents

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// AssemblyError reports all problems with the listeners, events and order files of an
// application. Problems contains *RegistrationError, *OrderFileError, the errors of
// provider.Build and package ordering, and errors without a type of their own, such as
// those of a [NamedProvider].
type AssemblyError struct{ Problems []error }

func (e *AssemblyError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rollcall: %s with the event listeners and lists:", count(len(e.Problems)))
	for _, p := range e.Problems {
		b.WriteString("\n  - " + strings.ReplaceAll(p.Error(), "\n", "\n    "))
	}
	return b.String()
}

func count(n int) string {
	if n == 1 {
		return "a problem"
	}
	return fmt.Sprintf("%d problems", n)
}

// Unwrap returns the problems.
func (e *AssemblyError) Unwrap() []error { return e.Problems }

// OrderFileError is one problem of an order file, with its place.
type OrderFileError struct {
	Kind         string // such as "unknown_listener"
	File         string
	Line, Column int // from 1, columns in characters; 0 for a problem of the whole file
	Err          error
}

// Error returns the position, what is wrong, and the next step.
func (e *OrderFileError) Error() string { return e.Err.Error() }

// Unwrap returns the problem itself.
func (e *OrderFileError) Unwrap() error { return e.Err }

// exported returns the problems with exported error types.
func exported(problems []error) []error {
	for i, p := range problems {
		if e := (*orderfile.Error)(nil); errors.As(p, &e) {
			problems[i] = &OrderFileError{string(e.Kind), e.File, e.Position.Line, e.Position.Column, e}
		}
	}
	return problems
}

// RegistrationError reports a call of Listen or AsListener that can't register its listener
// as asked: the constructor or the tag is bad, or no provider collects the tag's group. It
// also reports a call of Contribute or ContributeValue: nobody declares the list, or the
// value is nil.
type RegistrationError struct {
	Target       string // the name of the constructor or method, "" if it is not a function
	TargetSource string // where Target is defined
	Source       string // where Listen, AsListener, Contribute or ContributeValue is called
	List         bool   // of a contribution to a list
	Err          error
}

func (e *RegistrationError) Error() string {
	what, done := "listener", "registered"
	if e.List {
		what, done = "value", "contributed"
	}
	if e.Target == "" {
		return fmt.Sprintf("the %s %s at %s: %v", what, done, e.Source, e.Err)
	}
	return fmt.Sprintf("%s (%s), %s at %s: %v", e.Target, e.TargetSource, done, e.Source, e.Err)
}

// Unwrap returns the problem itself.
func (e *RegistrationError) Unwrap() error { return e.Err }

// NotAssembledError is returned by a dispatch, by a provider, and by the *provider.Mutable of
// an application with [Runtime], before Module has assembled the listeners. Each constructor
// that the assembly needs gets it, in any order of the options.
type NotAssembledError struct {
	next string // what to do instead; "" for dispatchLater
}

func (e *NotAssembledError) Error() string {
	return "the event listeners are not assembled yet: " + cmp.Or(e.next, dispatchLater)
}

const dispatchLater = "dispatch from a hook of fx.Lifecycle, " +
	"or from an fx.Invoke that stands after fxevents.Module, not from a constructor"
