package fxevents

import (
	"errors"
	"fmt"
	"path"
	"reflect"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/ordering"
)

// instance is what one call of AsListener registers.
type instance struct {
	name string
	typ  reflect.Type
}

// firstCall reports whether no other call of AsListener registers the same type under the
// same name. Otherwise it adds a problem.
func (a *Assembly) firstCall(r registration, typ reflect.Type) bool {
	first, again := a.instances[instance{r.name, typ}]
	if !again {
		a.instances[instance{r.name, typ}] = r.source
	}
	if !again || first == r.source {
		return true
	}
	a.lost = true
	a.addProblem(r.error(fmt.Errorf("its ID %s is that of the listener registered at %s: "+
		"pass all tags in one call of AsListener, drop one call, or give this one another id", r.name, first)))
	return false
}

// byDefault is a listener whose ID is that of its type.
type byDefault struct {
	typ  reflect.Type
	long func() string // returns the ID with the method's name; nil if there is none
}

func (a *Assembly) defaultID(l *rollcall.Listener, typ reflect.Type, long func() string) {
	a.byDefault[placeOf(l)] = byDefault{typ, long}
}

// namesakes replaces the errors for listeners of two types that have one name.
func (a *Assembly) namesakes(err error, listeners []rollcall.Listener) error {
	var problems []error
	for _, problem := range errlist.Leaves(err) {
		if twice := (*ordering.DuplicateError)(nil); errors.As(problem, &twice) {
			problem = a.namesake(twice, listeners)
		}
		problems = append(problems, problem)
	}
	return errors.Join(problems...)
}

func (a *Assembly) namesake(twice *ordering.DuplicateError, listeners []rollcall.Listener) error {
	x, y := &listeners[twice.Items[0]], &listeners[twice.Items[1]]
	first, second := a.byDefault[placeOf(x)].typ, a.byDefault[placeOf(y)].typ
	if first == nil || second == nil || first == second || callsite.Type(first) != callsite.Type(second) {
		return twice
	}
	return &namesakeError{twice, namesakes(first, second, "registered at "+x.Source, "registered at "+y.Source)}
}

// namesakes returns the message for two types that have one name.
func namesakes(first, second reflect.Type, x, y string) string {
	return fmt.Sprintf("two types are called %s: %s, %s, and %s, %s: give one an ID in its tag, as id:%q",
		callsite.Type(first), pathOf(first), x, pathOf(second), y, distinguished(second))
}

// namesakeError is a DuplicateError with a message of its own.
type namesakeError struct {
	*ordering.DuplicateError
	text string
}

func (e *namesakeError) Error() string { return e.text }
func (e *namesakeError) Unwrap() error { return e.DuplicateError }

// pathOf returns a type with its import path.
func pathOf(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.PkgPath() + "." + t.Name()
}

// distinguished returns an ID for a type with one more part of its import path.
func distinguished(t reflect.Type) string {
	dir := path.Dir(strings.TrimSuffix(pathOf(t), "."+t.Name()))
	return path.Base(dir) + "/" + callsite.Type(t)
}
