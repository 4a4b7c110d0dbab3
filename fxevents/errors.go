package fxevents

import (
	"fmt"
	"strings"
)

// AssemblyError is everything that is wrong with the listeners, the events and
// the order files of an application. The problems are *RegistrationError, those
// of provider.Build and of package ordering, and *orderfile.Error.
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
