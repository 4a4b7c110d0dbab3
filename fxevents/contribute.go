package fxevents

import (
	"errors"
	"fmt"
	"reflect"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

// Contribute contributes the result of a constructor to the list of T, which [Ordered]
// declares. The constructor returns a T, something assignable to it, or one of these and an
// error. It may have any parameters that Fx can provide, including emitters and other lists.
// Contribute makes its own instance, also of a type that fx.Provide provides, and also if
// the application switches the contribution [Off].
//
// The optional tag may have the keys id, priority, labels, before and after, see package
// tags. The default ID is the package and type of the result, "auth.Auth", or of the value
// if the result is an interface. For a function, it is the constructor's own name without
// New: that of httpx.NewAuth is "httpx.Auth". Function literals and instances of generic
// functions have no such name, so their tag needs an id.
//
// Bad constructors and tags, nil functions, pointers and interfaces, and contributions to a list that nobody declares
// are reported by fx.New, in an [*AssemblyError]. To contribute a value, also a function,
// use [ContributeValue].
func Contribute[T any](constructor any, tag ...tags.Tag) fx.Option {
	return fx.Provide(contribute[T](constructor, callsite.PC(0), tag)...)
}

// ContributeValue is [Contribute] for a value that needs no constructor. The default ID of
// a function is its own name, such as "httpx.Recover".
func ContributeValue[T any](value T, tag ...tags.Tag) fx.Option {
	c := newContributor(value, callsite.PC(0), tag)
	return fx.Provide(append(c.severalTags(tag), func(m module) contributes[T] { return contributed(m, c, value) })...)
}

// contributor is one call of Contribute or ContributeValue. The application keeps it, so it
// has neither the place nor the placement, but what they are made of.
type contributor struct {
	pc          uintptr // the place of the call
	target      any     // the constructor, or the value
	tag         tags.Tag
	constructor bool // a constructor makes the value
}

func newContributor(target any, pc uintptr, tag []tags.Tag) *contributor {
	c := &contributor{pc: pc, target: target}
	if len(tag) > 0 {
		c.tag = tag[0]
	}
	return c
}

// by returns the call, for problems.
func (c *contributor) by() registration {
	return registration{source: c.source(), target: c.target, list: true}
}

// source returns the place of the call.
func (c *contributor) source() string { return callsite.PlaceOf(c.pc) }

// placement returns what the tag asks for.
func (c *contributor) placement() ordering.Placement {
	fields, _ := tags.Parse(c.tag) // identify reports the error
	return fields.Placement
}

// contribution is one member of a list, at its place in declared order.
type contribution struct {
	*contributor
	id       string
	declared int32
	isNil    bool
}

// member is a contribution to any list.
type member interface {
	core() *contribution
	list() reflect.Type      // of the members of the list
	valueType() reflect.Type // of the value; nil if that is nil
}

// contributionTo is a contribution to the list of T.
type contributionTo[T any] struct {
	contribution
	value T
}

func (c *contributionTo[T]) core() *contribution     { return &c.contribution }
func (c *contributionTo[T]) list() reflect.Type      { return reflect.TypeFor[T]() }
func (c *contributionTo[T]) valueType() reflect.Type { return reflect.TypeOf(any(c.value)) }

// contributes are the groups that a contribution is in. The list takes its own
// contributions. The assembly takes all, also of lists that nobody declares or consumes.
type contributes[T any] struct {
	fx.Out

	ToList     *contributionTo[T] `group:"rollcall.list"`
	ToAssembly member             `group:"rollcall.contribution"`
}

// contribute returns the constructors that Contribute provides. The argument pc is the
// place of the call. A constructor without parameters and error is called by a closure,
// which costs the container least. For all others, the container's errors show the
// application's constructor.
func contribute[T any](constructor any, pc uintptr, tag []tags.Tag) []any {
	c := newContributor(constructor, pc, tag)
	c.constructor = true
	provided := c.severalTags(tag)
	if err := checkConstructor(constructor, reflect.TypeFor[T]()); err != nil {
		return append(provided, c.by().loss(err))
	}
	if plain, ok := constructor.(func() T); ok {
		return append(provided, func(m module) contributes[T] { return contributed(m, c, plain()) })
	}
	t := reflect.TypeOf(constructor)
	if t.NumIn() == 0 && t.NumOut() == 1 {
		return append(provided, func(m module) contributes[T] {
			return contributed(m, c, valueOf[T](reflect.ValueOf(constructor).Call(nil)[0]))
		})
	}
	return append(provided, generated[T](c))
}

// valueOf converts what a constructor returns, which is assignable to T.
func valueOf[T any](result reflect.Value) (value T) {
	reflect.ValueOf(&value).Elem().Set(result)
	return value
}

func contributed[T any](m module, c *contributor, value T) contributes[T] {
	a := m.assembly()
	x := &contributionTo[T]{contribution{contributor: c, declared: int32(a.nextDeclared())}, value}
	x.identify(a, x.list(), reflect.ValueOf(any(value)))
	return contributes[T]{ToList: x, ToAssembly: x}
}

// generated returns a function with the parameters of the constructor, and with its error,
// if it has one. The container shows the function as the constructor itself.
func generated[T any](c *contributor) any {
	t := reflect.TypeOf(c.target)
	in := append([]reflect.Type{reflect.TypeFor[module]()}, parametersOf(t)...)
	out := []reflect.Type{reflect.TypeFor[contributes[T]]()}
	if t.NumOut() == 2 {
		out = append(out, t.Out(1))
	}
	body := func(args []reflect.Value) []reflect.Value {
		results := reflect.ValueOf(c.target).Call(args[1:])
		var value contributes[T]
		if len(results) == 1 || results[1].IsNil() {
			value = contributed(args[0].Interface().(module), c, valueOf[T](results[0]))
		}
		results[0] = reflect.ValueOf(value)
		return results
	}
	return locatedAt(reflect.ValueOf(c.target).Pointer(), reflect.MakeFunc(reflect.FuncOf(in, out, false), body).Interface())
}

// severalTags reports more than one tag.
func (c *contributor) severalTags(tag []tags.Tag) []any {
	if len(tag) < 2 {
		return nil
	}
	return []any{c.by().problem(errors.New("it has more than one tag: write one"))}
}

// parse returns the ID in the tag, or "".
func (c *contributor) parse() (id string, err error) {
	if c.tag == "" {
		return "", nil
	}
	fields, err := tags.Parse(c.tag)
	drop := func(value, key, why string) {
		if value != "" {
			err = errors.Join(err, fmt.Errorf("the tag has the key %s, but %s: drop %s from the tag", key, why, key))
		}
	}
	drop(fields.Event, "event", "a contribution goes to the list of its type")
	drop(fields.Method, "method", "a contribution is a value, not a method")
	drop(fields.Group, "group", "a list has no group")
	drop(fields.Async, "async", "nothing in a list is asynchronous")
	return fields.ID, err
}

// checkConstructor returns an error if something is not a constructor for a list.
func checkConstructor(constructor any, list reflect.Type) error {
	t := reflect.TypeOf(constructor)
	isMember := t != nil && t.AssignableTo(list)
	itself := fmt.Errorf("this is a %v itself, not a constructor of one: pass it to fxevents.ContributeValue", list)
	switch {
	case isMember && t.Kind() != reflect.Func:
		return itself
	case t == nil || t.Kind() != reflect.Func:
		return fmt.Errorf("Contribute takes a constructor function, not a %T: %s", constructor, insteadOf(t))
	case reflect.ValueOf(constructor).IsNil():
		return errors.New("the constructor is nil")
	case isMember && (list.Kind() == reflect.Func || !returnsOne(t) || !t.Out(0).AssignableTo(list)):
		return itself
	case !returnsOne(t):
		return fmt.Errorf("the constructor must return one %v, or one and an error, but it is %s: contribute each value by a call of its own", list, t)
	case !t.Out(0).AssignableTo(list):
		return notAMember(t.Out(0), list)
	}
	return nil
}

// returnsOne reports whether a function returns one value, or a value and an error.
func returnsOne(t reflect.Type) bool {
	fails := t.NumOut() == 2 && t.Out(1) == reflect.TypeFor[error]()
	return (t.NumOut() == 1 || fails) && !isOut(t.Out(0))
}

// notAMember returns the error for a constructor whose result the list can't hold.
func notAMember(result, list reflect.Type) error {
	got, want := result.String(), list.String()
	if got == want {
		got, want = event.TypeKey(result).Path(), event.TypeKey(list).Path()
	}
	next := "return one"
	switch {
	case reflect.PointerTo(result).AssignableTo(list):
		next = "return a *" + got
	case list.Kind() == reflect.Interface:
		if method := missingMethod(result, list); method != "" {
			next = "it has no method " + method
		}
	case result.Kind() == list.Kind() && result.ConvertibleTo(list):
		next = "convert it to " + want
	}
	return fmt.Errorf("it returns %s, which is not a %s: %s", got, want, next)
}

// missingMethod returns a method of an interface that a type lacks, or "" if it has all
// names.
func missingMethod(t, of reflect.Type) string {
	for i := range of.NumMethod() {
		if _, ok := t.MethodByName(of.Method(i).Name); !ok {
			return of.Method(i).Name
		}
	}
	return ""
}
