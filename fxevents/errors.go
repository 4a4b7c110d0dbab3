package fxevents

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/orderfile"
)

// AssemblyError is everything that is wrong with the listeners, the events and
// the order files of an application. The problems are *RegistrationError, those
// of provider.Build and of package ordering, and *OrderFileError.
type AssemblyError struct{ Problems []error }

func (e *AssemblyError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rollcall: %s with the event listeners:", count(len(e.Problems)))
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

// Unwrap are the problems.
func (e *AssemblyError) Unwrap() []error { return e.Problems }

// OrderFileError is one problem of an order file, with its place.
type OrderFileError struct {
	Kind         string // such as "unknown_listener"
	File         string
	Line, Column int // from 1, columns in characters; 0 if it is the file as a whole
	Err          error
}

// Error has the place, what is wrong, and the next step.
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

// RegistrationError is a call of Listen or AsListener that makes no listener.
type RegistrationError struct {
	Target       string // the constructor or method
	TargetSource string // where that is
	Source       string // the call
	Err          error
}

func (e *RegistrationError) Error() string {
	if e.Target == "" {
		return fmt.Sprintf("the listener made at %s: %v", e.Source, e.Err)
	}
	return fmt.Sprintf("%s (%s), made a listener at %s: %v", e.Target, e.TargetSource, e.Source, e.Err)
}

// Unwrap is the problem itself.
func (e *RegistrationError) Unwrap() error { return e.Err }

// NotAssembledError is a dispatch before the listeners were collected.
type NotAssembledError struct{}

func (*NotAssembledError) Error() string {
	return "the event listeners are not assembled yet: dispatch from a hook of fx.Lifecycle, " +
		"or from an fx.Invoke that stands after fxevents.Module"
}
