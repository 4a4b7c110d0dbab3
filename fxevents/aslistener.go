package fxevents

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/tags"
)

// AsListener registers the result of a constructor as a listener, once for each tag, or
// once if there are no tags. The constructor may have any parameters that Fx can provide,
// and may return an error. Its result is one of these, see rollcall.FromValue:
//
//   - a value with a Handle method, or with the method that the tag names;
//   - a function, whose tag must have an id;
//   - a rollcall.Subscriber, which lists several listeners;
//   - a rollcall.Listener.
//
// AsListener always creates its own instance, even if the constructor is also passed to
// fx.Provide. Pass all tags of a constructor in one call: a second call needs another id,
// and creates another instance. Bad tags and results are reported by fx.New, in an
// [*AssemblyError].
//
// The default ID is the result's package and type, "recipes.Notifier". If several tags name
// methods for one event, the method is part of each ID.
func AsListener(constructor any, tag ...tags.Tag) fx.Option {
	r := registration{source: callsite.Caller(0), target: constructor}
	result, err := resultOf(constructor)
	if err != nil {
		return fx.Provide(r.loss(err))
	}
	name := ""
	var provided []any
	for _, t := range orOne(tag) {
		fields, err := tags.Parse(t)
		if err != nil {
			provided = append(provided, r.problem(err))
		}
		if name == "" {
			r.name = nameFor(result, fields, constructor)
			name = r.name + ", registered at " + strings.ReplaceAll(r.source, "`", "'")
			provided = append(provided, fx.Annotated{Name: name, Target: constructor})
		}
		provided = append(provided, fromNamed(name, result, fields, r))
		provided = append(provided, r.groupUse(fields.Group)...)
	}
	return fx.Provide(provided...)
}

// resultOf returns the type of the listener that a constructor returns.
func resultOf(constructor any) (reflect.Type, error) {
	t := reflect.TypeOf(constructor)
	if t == nil || t.Kind() != reflect.Func {
		return nil, fmt.Errorf("AsListener takes a constructor function, not a %T: %s", constructor, insteadOf(t))
	}
	if reflect.ValueOf(constructor).IsNil() {
		return nil, errors.New("the constructor is nil")
	}
	if t.NumIn() > 0 && (t.NumOut() == 0 || t.NumOut() == 1 && t.Out(0) == reflect.TypeFor[error]()) {
		return nil, errors.New("this is the listener itself: return it from a function, and give it an id")
	}
	fails := t.NumOut() == 2 && t.Out(1) == reflect.TypeFor[error]()
	if t.NumOut() != 1 && !fails || t.Out(0) == reflect.TypeFor[error]() || isOut(t.Out(0)) {
		return nil, fmt.Errorf("the constructor must return one listener, or a listener and an error, but it is %s: "+
			"for more, put rollcall.Listener values into the group %q with fx.Out", t, DefaultGroup)
	}
	return t.Out(0), nil
}

// insteadOf returns what to write instead of something that is not a constructor.
func insteadOf(t reflect.Type) string {
	if t != nil && t.PkgPath() == reflect.TypeFor[fx.Annotated]().PkgPath() { // fx.Annotate returns an unexported type
		return "pass the constructor itself, and name its parameters with a struct that embeds fx.In"
	}
	return "pass a function that returns it"
}

func isOut(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	f, ok := t.FieldByName("Out")
	return ok && f.Anonymous && f.Type == reflect.TypeFor[fx.Out]()
}

// nameFor returns the name of the constructor's result: the listener's ID. If the ID is
// known only once the value is built, it returns the constructor's name with its import
// path. The import path distinguishes packages of the same name.
func nameFor(result reflect.Type, fields tags.Fields, constructor any) string {
	switch {
	case fields.ID != "":
		return fields.ID
	case result.Name() == "" && result.Kind() != reflect.Pointer, result.Kind() == reflect.Interface,
		result == reflect.TypeFor[rollcall.Listener]():
		return runtime.FuncForPC(reflect.ValueOf(constructor).Pointer()).Name()
	}
	return callsite.Type(result)
}

// fromNamed returns a constructor that takes the value by its name and makes listeners
// from it. It is generated, because its parameter type is known only at run time. The
// application's constructor stays unchanged, so that the container's errors show it.
func fromNamed(name string, result reflect.Type, fields tags.Fields, r registration) fx.Annotated {
	in := reflect.StructOf([]reflect.StructField{
		{Name: "In", Type: reflect.TypeFor[fx.In](), Anonymous: true},
		{Name: "Module", Type: reflect.TypeFor[module]()},
		{Name: "Value", Type: result, Tag: reflect.StructTag("name:" + strconv.Quote(name))},
	})
	out := []reflect.Type{reflect.TypeFor[[]rollcall.Listener]()}
	body := func(args []reflect.Value) []reflect.Value {
		a := args[0].Field(1).Interface().(module).assembly()
		listeners := r.listeners(a, args[0].Field(2).Interface(), fields)
		if !a.firstCall(r, result) {
			listeners = nil
		}
		if fields.ID == "" && len(listeners) == 1 && !hasOwnSource(args[0].Field(2).Interface()) {
			var long func() string
			if fields.Method != "" {
				long = func() string { return listeners[0].ID + "." + fields.Method }
			}
			a.defaultID(&listeners[0], result, long)
		}
		return []reflect.Value{reflect.ValueOf(listeners)}
	}
	return fx.Annotated{
		Group:  listOf(fields.Group), // a subscriber lists several listeners
		Target: reflect.MakeFunc(reflect.FuncOf([]reflect.Type{in}, out, false), body).Interface(),
	}
}
