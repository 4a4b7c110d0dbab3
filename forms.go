package rollcall

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
)

// function is the function of a listener, in the forms that a dispatch needs. Copies of
// the listener share it, so it must not change once the listener is made.
type function struct {
	takes reflect.Type                            // the type of its event parameter
	exact any                                     // func(context.Context, takes) error, or nil if takes is known only at run time
	value any                                     // exact can be made from it once takes is known statically
	call  func(ctx context.Context, ev any) error // for an event of any type
	asks  bool                                    // takes an Origin
	bind  bind                                    // for lists of events of type takes, or nil
	err   error
}

// exactFunc is the form to which all others are converted.
type exactFunc[E any] = func(context.Context, E) error

// The Handle method of a listener's type, in the forms that Func has for functions.
type (
	handles[E any]       interface{ Handle(E) }
	handlesErr[E any]    interface{ Handle(E) error }
	handlesCtx[E any]    interface{ Handle(context.Context, E) }
	handlesCtxErr[E any] interface {
		Handle(context.Context, E) error
	}
	handlesOrigin[E any] interface {
		Handle(context.Context, E, Origin)
	}
	handlesOriginErr[E any] interface {
		Handle(context.Context, E, Origin) error
	}
)

// functionOf returns the function of a value in one of the forms of Func.
func functionOf[E any](value any) *function {
	return typedFunction(exactly[E](value))
}

func typedFunction[E any](exact exactFunc[E], asks bool) *function {
	return &function{takes: reflect.TypeFor[E](), exact: exact, asks: asks, call: erased(exact), bind: bindTo[E]}
}

// exactly converts a function, or a value with a Handle method, to an exactFunc, and
// reports whether it takes an Origin. It returns nil if the value takes no E. It needs no
// reflection: a type switch finds the method.
func exactly[E any](value any) (exact exactFunc[E], asks bool) {
	switch f := value.(type) {
	case func(context.Context, E) error:
		return f, false
	case handlesCtxErr[E]:
		return f.Handle, false
	case func(context.Context, E):
		return func(ctx context.Context, e E) error { f(ctx, e); return nil }, false
	case handlesCtx[E]:
		return func(ctx context.Context, e E) error { f.Handle(ctx, e); return nil }, false
	case func(E) error:
		return func(_ context.Context, e E) error { return f(e) }, false
	case handlesErr[E]:
		return func(_ context.Context, e E) error { return f.Handle(e) }, false
	case func(E):
		return func(_ context.Context, e E) error { f(e); return nil }, false
	case handles[E]:
		return func(_ context.Context, e E) error { f.Handle(e); return nil }, false
	case func(context.Context, E, Origin) error:
		return func(ctx context.Context, e E) error { return f(ctx, e, originOf(ctx)) }, true
	case handlesOriginErr[E]:
		return func(ctx context.Context, e E) error { return f.Handle(ctx, e, originOf(ctx)) }, true
	case func(context.Context, E, Origin):
		return func(ctx context.Context, e E) error { f(ctx, e, originOf(ctx)); return nil }, true
	case handlesOrigin[E]:
		return func(ctx context.Context, e E) error { f.Handle(ctx, e, originOf(ctx)); return nil }, true
	}
	return nil, false
}

// erased returns a function that takes any event and calls exact if the event is an E.
func erased[E any](exact exactFunc[E]) func(context.Context, any) error {
	if f, ok := any(exact).(func(context.Context, any) error); ok {
		return f
	}
	return func(ctx context.Context, ev any) error {
		e, ok := ev.(E)
		if !ok {
			if e, ok = assigned[E](ev); !ok {
				return wrongEvent(reflect.TypeFor[E](), ev)
			}
		}
		return exact(ctx, e)
	}
}

// wrongEvent returns the error for an event of the wrong type. A listener of a name may
// get one.
func wrongEvent(takes reflect.Type, ev any) error {
	return fmt.Errorf("it takes %v, but the event is a %T", takes, ev)
}

// assigned converts an event of another type that is assignable to E. An example is an
// event of an unnamed type with the same underlying type.
func assigned[E any](ev any) (e E, ok bool) {
	value, to := reflect.ValueOf(ev), reflect.TypeFor[E]()
	if !value.IsValid() || !value.Type().AssignableTo(to) {
		return e, false
	}
	e, ok = value.Convert(to).Interface().(E)
	return e, ok
}

// lazily returns a function that calls build when it is first called.
func lazily[E any](build func() (func(context.Context, E) error, error)) exactFunc[E] {
	var built atomic.Pointer[exactFunc[E]]
	var mu sync.Mutex
	get := func() (exactFunc[E], error) {
		mu.Lock()
		defer mu.Unlock()
		if f := built.Load(); f != nil {
			return *f, nil
		}
		f, err := build()
		if err == nil && f == nil {
			err = errors.New("its build function returned a nil function")
		}
		if err != nil {
			return nil, fmt.Errorf("building the listener: %w", err)
		}
		built.Store(&f)
		return f, nil
	}
	return func(ctx context.Context, e E) error {
		if f := built.Load(); f != nil {
			return (*f)(ctx, e)
		}
		f, err := get()
		if err != nil {
			return err
		}
		return f(ctx, e)
	}
}

// compile returns the functions of listeners for events of type E, with the same indexes
// as the listeners. A call uses no reflection and allocates nothing, unless the listener
// takes a type other than E and E is not an interface or a pointer.
//
// The asynchronous listeners after the last one that publishes have no function.
// Otherwise, if the context ended while the event is published, a dispatch would report
// these listeners as not reached.
func compile[E any](listeners []*Listener) []func(context.Context, E) error {
	funcs := make([]func(context.Context, E) error, len(listeners), wholeLines(len(listeners)))
	end := 0
	for i, l := range listeners {
		switch {
		case l.publication == nil:
			funcs[i], end = compileOne[E](l), i+1
		case publishes(listeners, i):
			funcs[i], end = forAny[E](l.publication.publish), i+1
		default:
			funcs[i] = func(context.Context, E) error { return nil }
		}
	}
	return funcs[:end]
}

// wholeLines returns a capacity that fills whole cache lines of 64 bytes. Go then aligns
// the functions with the start of a line, so no other data shares their lines. If several
// processors read a line while another writes to it, reading takes twice as long.
func wholeLines(functions int) int { return (functions + 7) &^ 7 }

func compileOne[E any](l *Listener) func(context.Context, E) error {
	f, ok := l.fn.exact.(func(context.Context, E) error)
	if !ok {
		if f, _ = exactly[E](l.fn.value); f == nil {
			f = forAny[E](l.fn.call)
		}
	}
	if l.once != nil {
		return onlyFirst(l.once, f)
	}
	return f
}

// forAny turns a function for any event into one for events of type E.
func forAny[E any](call func(context.Context, any) error) func(context.Context, E) error {
	if f, ok := any(call).(func(context.Context, E) error); ok {
		return f
	}
	return func(ctx context.Context, e E) error { return call(ctx, e) }
}
