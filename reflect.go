package rollcall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/tags"
)

// FromValue makes listeners from a value whose type is known only at run time:
//
//   - a Listener is returned as it is;
//   - a [Subscriber] returns its listeners;
//   - a function in one of the forms of [Func] is a listener, and needs fields.ID;
//   - a value with a method Handle, or fields.Method, in one of these forms is a listener.
//     Its default ID is its package and type, such as "recipes.Indexer".
//
// Fields that are set override those of the listener. FromValue refuses fields for a
// Subscriber, except Group, and Method for a Listener. The error says what is wrong with
// the value or the fields.
//
// FromValue finds the event type by reflection. Calls use reflection if the method is
// not Handle or the parameter is an interface other than any. So do untyped dispatches of
// an event that is not declared.
func FromValue(value any, fields tags.Fields) ([]Listener, error) {
	var listeners []Listener
	switch v := value.(type) {
	case nil:
		return nil, errors.New("a listener must not be nil")
	case Listener:
		if fields.Method != "" {
			return nil, errors.New("a rollcall.Listener has its function: drop method from its tag")
		}
		listeners = []Listener{v}
	case Subscriber:
		return subscriptions(v, fields)
	default:
		l, err := fromFunc(value, fields)
		if err != nil {
			return nil, err
		}
		listeners = []Listener{l}
	}
	override(&listeners[0], fields)
	return listeners, nil
}

// subscriptions returns the listeners of a subscriber. A panic becomes an error, because
// the subscriber may be a nil pointer. Fields that can apply to only one listener are
// refused.
func subscriptions(s Subscriber, fields tags.Fields) (listeners []Listener, err error) {
	if fields.Event != "" || fields.ID != "" || fields.Method != "" || fields.Async != "" || !fields.Placement.IsZero() {
		return nil, fmt.Errorf("%T lists its own subscriptions: drop event, id, method, priority, labels, before, after and async from its tag", s)
	}
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("asking a %T for its subscriptions: panic: %v", s, value)
		}
	}()
	return s.Subscriptions(), nil
}

func override(l *Listener, fields tags.Fields) {
	if fields.ID != "" {
		l.ID = fields.ID
	}
	if !fields.Placement.IsZero() {
		l.Placement = fields.Placement
	}
	if fields.Async != "" {
		l.Async = fields.Async
	}
	if fields.Event != "" {
		l.Event = keyFor(event.TypeKey(l.Takes()), fields.Event)
	}
}

func fromFunc(value any, fields tags.Fields) (Listener, error) {
	v := reflect.ValueOf(value)
	f, adaptable, what, err := funcOf(v, fields.Method)
	if err != nil {
		return Listener{}, err
	}
	sig, ok := signatureOf(f.Type())
	if !ok {
		return Listener{}, fmt.Errorf("%s must have one of the forms func(E), func(E) error, "+
			"func(context.Context, E), func(context.Context, E) error, "+
			"func(context.Context, E, rollcall.Origin), func(context.Context, E, rollcall.Origin) error; it is %s", what, f.Type())
	}
	if sig.takes == contextType {
		return Listener{}, fmt.Errorf("%s takes a context.Context and no event, so that it would never be called: "+
			"name another method, or add a parameter for the event", what)
	}
	l := Listener{ID: callsite.Type(v.Type()), Event: event.TypeKey(sig.takes)}
	l.fn = &function{takes: sig.takes, value: adaptable, asks: sig.origin, call: sig.call(f)}
	if sig.takes == anyType {
		l.fn = functionOf[any](adaptable) // known statically after all
	}
	if v.Kind() == reflect.Func && fields.ID == "" {
		return Listener{}, fmt.Errorf("a listener that is a plain %s needs an ID: give its tag an id", v.Type())
	}
	return l, nil
}

// funcOf returns the function to call, the value from which exactly can make a direct
// call, and a description of the function.
func funcOf(v reflect.Value, method string) (f reflect.Value, adaptable any, what string, err error) {
	if v.Kind() == reflect.Func && method == "" {
		if v.IsNil() {
			return v, nil, "", errors.New("a listener must not be a nil function")
		}
		return v, unnamed(v), "a listener function", nil
	}
	name := cmp.Or(method, "Handle")
	if f = v.MethodByName(name); !f.IsValid() {
		return f, nil, "", noMethod(v.Type(), name, method == "")
	}
	if adaptable = f.Interface(); name == "Handle" {
		adaptable = v.Interface()
	}
	return f, adaptable, fmt.Sprintf("method %s of %s", name, v.Type()), nil
}

// unnamed converts a function to its underlying type, so that type switches recognize it.
func unnamed(v reflect.Value) any {
	t := v.Type()
	in, out := make([]reflect.Type, t.NumIn()), make([]reflect.Type, t.NumOut())
	for i := range in {
		in[i] = t.In(i)
	}
	for i := range out {
		out[i] = t.Out(i)
	}
	return v.Convert(reflect.FuncOf(in, out, t.IsVariadic())).Interface()
}

// signature describes the parameters and results of a listener function.
type signature struct {
	takes                reflect.Type
	context, origin, err bool
}

var (
	contextType = reflect.TypeFor[context.Context]()
	originType  = reflect.TypeFor[Origin]()
	errorType   = reflect.TypeFor[error]()
	anyType     = reflect.TypeFor[any]()
)

func signatureOf(t reflect.Type) (signature, bool) {
	s := signature{}
	in := make([]reflect.Type, t.NumIn())
	for i := range in {
		in[i] = t.In(i)
	}
	if len(in) > 1 && in[0] == contextType {
		s.context, in = true, in[1:]
	}
	if s.context && len(in) == 2 && in[1] == originType {
		s.origin, in = true, in[:1]
	}
	if len(in) != 1 || t.IsVariadic() {
		return s, false
	}
	s.takes = in[0]
	s.err = t.NumOut() == 1 && t.Out(0) == errorType
	return s, s.err || t.NumOut() == 0
}

// call returns a function that calls f by reflection. It is used if the type of the event
// is not known statically.
func (s signature) call(f reflect.Value) func(context.Context, any) error {
	return func(ctx context.Context, ev any) error {
		v := reflect.ValueOf(ev)
		if !v.IsValid() || !v.Type().AssignableTo(s.takes) {
			return wrongEvent(s.takes, ev)
		}
		out := f.Call(s.arguments(ctx, v))
		if !s.err {
			return nil
		}
		err, _ := out[0].Interface().(error)
		return err
	}
}

func (s signature) arguments(ctx context.Context, ev reflect.Value) []reflect.Value {
	args := make([]reflect.Value, 0, 3)
	if s.context {
		args = append(args, reflect.ValueOf(&ctx).Elem())
	}
	args = append(args, ev)
	if s.origin {
		args = append(args, reflect.ValueOf(originOf(ctx)))
	}
	return args
}
