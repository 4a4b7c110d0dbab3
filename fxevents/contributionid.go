package fxevents

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"strings"

	"github.com/rollcall-go/rollcall/internal/callsite"
)

// identify sets the contribution's ID. A contribution that needs an ID and has none gets the
// place of its call, so that the list is complete. It reports this, a bad tag and a nil
// value.
func (c *contribution) identify(a *Assembly, list reflect.Type, value reflect.Value) {
	id, bad := c.parse()
	var lost error
	if c.isNil = isNil(value); c.isNil {
		next := "pass a value"
		if c.constructor {
			next = "return a value or an error; to leave it out, switch it off with fxevents.Off"
		}
		lost = fmt.Errorf("the value is a nil %v: %s", list, next)
	} else if id == "" {
		id, lost = c.defaultID(value.Type())
	}
	if lost != nil {
		a.lost = true
		id = cmp.Or(id, c.source())
	}
	if err := errors.Join(bad, lost); err != nil {
		a.addProblem(c.by().error(err))
	}
	c.id = id
}

// isNil reports whether a member of a list is nil, or an interface that holds a nil pointer
// or function.
func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Func, reflect.Pointer:
		return v.IsNil()
	}
	return false
}

// defaultID returns the ID of a contribution whose tag has none: that of the value's type,
// or, for a function and for a type without a name, that of the constructor.
func (c *contribution) defaultID(t reflect.Type) (string, error) {
	if typeNames(t) {
		return callsite.Type(t), nil
	}
	return c.functionID()
}

// typeNames reports whether the ID of a value is that of its type.
func typeNames(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer && t.Name() == "" {
		t = t.Elem()
	}
	return t.Name() != "" && t.Kind() != reflect.Func
}

// literal matches the compiler's names of function literals.
var literal = regexp.MustCompile(`\.func\d+(\.|-|$)|\.\d+$`)

func (c *contribution) functionID() (string, error) {
	v := reflect.ValueOf(c.target)
	if v.Kind() != reflect.Func {
		return "", fmt.Errorf("its type %v has no name: give its tag an id", v.Type())
	}
	switch name := runtime.FuncForPC(v.Pointer()).Name(); {
	case strings.Contains(name, "[...]"):
		return "", errors.New("the instances of a generic function share one name: give its tag an id")
	case literal.MatchString(name):
		return "", errors.New("a function literal has no name of its own: give its tag an id")
	}
	name, _ := callsite.Func(c.target)
	if c.constructor {
		return callsite.WithoutNew(name), nil
	}
	return name, nil
}
