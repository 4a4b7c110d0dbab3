package provider

import (
	"context"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/event"
)

// The method of a listener's type, in the forms that Func has for functions.
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
	plainFunc[E any] = func(context.Context, E) error
)

// adapt makes the body of a function or of a value with a Handle method, if
// that takes an E. No reflection: an interface assertion finds the method.
func adapt[E any](value any) (body, bool) {
	exact, asks := exactly[E](value)
	if exact == nil {
		return body{}, false
	}
	return bodyOf(exact, asks), true
}

func bodyOf[E any](exact plainFunc[E], asks bool) body {
	return body{takes: event.KeyOf[E]().Type(), exact: exact, asks: asks, call: erased(exact), bind: bindTo[E]}
}

func exactly[E any](value any) (exact plainFunc[E], asks bool) {
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
	}
	return exactlyAsking[E](value), true
}

// exactlyAsking are the forms that take an Origin.
func exactlyAsking[E any](value any) plainFunc[E] {
	switch f := value.(type) {
	case func(context.Context, E, Origin) error:
		return func(ctx context.Context, e E) error { return f(ctx, e, originOf(ctx)) }
	case handlesOriginErr[E]:
		return func(ctx context.Context, e E) error { return f.Handle(ctx, e, originOf(ctx)) }
	case func(context.Context, E, Origin):
		return func(ctx context.Context, e E) error { f(ctx, e, originOf(ctx)); return nil }
	case handlesOrigin[E]:
		return func(ctx context.Context, e E) error { f.Handle(ctx, e, originOf(ctx)); return nil }
	}
	return nil
}

// erased takes any event and checks that it is an E.
func erased[E any](exact plainFunc[E]) func(context.Context, any) error {
	if f, ok := any(exact).(func(context.Context, any) error); ok {
		return f
	}
	return func(ctx context.Context, ev any) error {
		e, ok := ev.(E)
		if !ok {
			if e, ok = assigned[E](ev); !ok {
				return &TypeError{Takes: event.KeyOf[E](), Event: ev}
			}
		}
		return exact(ctx, e)
	}
}

// assigned is an event of another type that may be assigned to E, as where one of
// the two has no name.
func assigned[E any](ev any) (e E, ok bool) {
	value, to := reflect.ValueOf(ev), reflect.TypeFor[E]()
	if !value.IsValid() || !value.Type().AssignableTo(to) {
		return e, false
	}
	e, ok = value.Convert(to).Interface().(E)
	return e, ok
}

// lazily builds the function at the first call.
func lazily[E any](build func() (func(context.Context, E) error, error)) func(context.Context, E) error {
	var built atomic.Pointer[plainFunc[E]]
	var mu sync.Mutex
	get := func() (plainFunc[E], error) {
		mu.Lock()
		defer mu.Unlock()
		if f := built.Load(); f != nil {
			return *f, nil
		}
		f, err := build()
		if err != nil || f == nil {
			return nil, &BuildError{Err: err}
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

// onceState lets one call through.
type onceState struct {
	done  atomic.Bool
	spent func() // called after that, or nil
}

func onced[E any](s *onceState, exact plainFunc[E]) plainFunc[E] {
	return func(ctx context.Context, e E) error {
		if !s.done.CompareAndSwap(false, true) {
			return nil
		}
		if s.spent != nil {
			s.spent()
		}
		return exact(ctx, e)
	}
}
