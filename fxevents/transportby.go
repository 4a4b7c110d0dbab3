package fxevents

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/transport"
)

// transportGroup is a value group that makes the container open a transport whose
// constructor has parameters. The assembly takes the group first, because the hooks of
// components that emit must be appended after that of the transport. If a parameter is
// missing, the container reports it: the assembly itself takes a transport only if there is
// one.
const transportGroup = "rollcall.transport"

// needed says that a transport is open.
type needed struct{}

// transportBy returns the constructors that Transport provides. The argument at is the
// place of the call.
func transportBy(constructor any, at string) []any {
	if err := checkTransport(constructor); err != nil {
		return []any{fx.Annotated{Group: problemGroup, Target: func(m module) problem {
			a := m.assembly()
			a.lostTransport = true
			return problem{a.nextDeclared(), fmt.Errorf("fxevents.Transport at %s: %w", at, err)}
		}}}
	}
	f := reflect.ValueOf(constructor)
	provided := []any{locatedAt(f.Pointer(), opening(f, at))}
	if len(parametersOf(f.Type())) > 0 {
		provided = append(provided, fx.Annotated{Group: transportGroup, Target: func(transport.Transport) needed { return needed{} }})
	}
	return provided
}

// checkTransport returns an error if something is not a constructor of a transport.
func checkTransport(constructor any) error {
	t := reflect.TypeOf(constructor)
	wanted := reflect.TypeFor[transport.Transport]()
	switch {
	case t != nil && t.Kind() != reflect.Func && t.Implements(wanted):
		return fmt.Errorf("this is a transport, not a function that returns one: pass func() (%v, error), so that the application opens and closes it", t)
	case t == nil || t.Kind() != reflect.Func:
		return fmt.Errorf("it takes a function that returns a transport, not a %T: %s", constructor, insteadOf(t))
	case reflect.ValueOf(constructor).IsNil():
		return errors.New("the function is nil")
	case !returnsOne(t) || t.Out(0) == reflect.TypeFor[error]():
		return fmt.Errorf("the function must return one transport, or one and an error, but it is %s: provide other values with fx.Provide", t)
	case !t.Out(0).Implements(wanted):
		return notAMember(t.Out(0), wanted)
	}
	return nil
}

// parametersOf returns the types that the container passes to a function. It leaves
// variadic parameters out.
func parametersOf(t reflect.Type) []reflect.Type {
	var in []reflect.Type
	for i := range t.NumIn() {
		if !t.IsVariadic() || i < t.NumIn()-1 {
			in = append(in, t.In(i))
		}
	}
	return in
}

// opening returns a function with the parameters of a constructor. It returns the transport
// as a transport.Transport, and also by the constructor's own type if that is another one.
func opening(constructor reflect.Value, at string) any {
	in := append([]reflect.Type{reflect.TypeFor[module](), reflect.TypeFor[fx.Lifecycle]()}, parametersOf(constructor.Type())...)
	result, general := constructor.Type().Out(0), reflect.TypeFor[transport.Transport]()
	out := []reflect.Type{general}
	if result != general {
		out = append(out, result)
	}
	out = append(out, reflect.TypeFor[error]())
	body := func(args []reflect.Value) []reflect.Value {
		results := constructor.Call(args[2:])
		err := problemWith(results, "fxevents.Transport at "+at, "a transport")
		if err == nil {
			a := args[0].Interface().(module).assembly()
			a.closeAtTheEnd(results[0].Interface().(transport.Transport))
			if len(args) > 2 { // what it takes has appended its hooks
				args[1].Interface().(fx.Lifecycle).Append(fx.StopHook(a.closeOnce))
			}
		}
		values := slices.Repeat(results[:1], len(out)-1) // the container drops them after an error
		return append(values, reflect.ValueOf(&err).Elem())
	}
	return reflect.MakeFunc(reflect.FuncOf(in, out, false), body).Interface()
}

// problemWith returns the error of a constructor's results, or one if the first is nil.
func problemWith(results []reflect.Value, option, wanted string) error {
	if len(results) == 2 && !results[1].IsNil() {
		return results[1].Interface().(error)
	}
	if isNil(reflect.ValueOf(results[0].Interface())) {
		return fmt.Errorf("%s: the function returned nil: return %s or an error", option, wanted)
	}
	return nil
}
