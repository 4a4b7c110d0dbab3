package dispatcher

import (
	"context"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/chain"
	"github.com/rollcall-go/rollcall/provider"
)

// Dispatcher passes an event to its listeners.
type Dispatcher interface {
	Dispatch(ctx context.Context, ev any) error
}

// Basic is the plain dispatcher. It is immutable: what may change is its
// provider. Make it with New.
type Basic struct {
	provider provider.Provider
	typed    provider.Typed // the provider, if it is one
	policy   policy

	mu     sync.Mutex // held while routes are replaced
	routes atomic.Pointer[routes]
}

// New makes a dispatcher for the listeners of p. Nil options are left out.
func New(p provider.Provider, options ...Option) *Basic {
	b := &Basic{provider: p}
	b.typed, _ = p.(provider.Typed)
	for _, o := range options {
		if o != nil {
			o.apply(&b.policy)
		}
	}
	return b
}

// Dispatch calls the listeners of ev. The error is nil, or:
//
//   - a *ListenerError that wraps what a listener returned or, as a
//     *PanicError, that it panicked;
//   - an *InterruptedError that wraps the context's error;
//   - with CollectErrors, several of these joined;
//   - what the provider returned where it could not give the listeners.
func (b *Basic) Dispatch(ctx context.Context, ev any) error {
	if known := b.routes.Load().find(reflect.TypeOf(ev)); known != nil {
		return known.Run(ctx, ev)
	}
	return b.dispatchAnew(ctx, ev)
}

// dispatchAnew is for events whose route is not known, or changes.
func (b *Basic) dispatchAnew(ctx context.Context, ev any) error {
	known, err := b.newRoute(reflect.TypeOf(ev))
	switch {
	case err != nil:
		return err
	case known != nil:
		return known.Run(ctx, ev)
	}
	list, err := b.listeners(ev)
	if err != nil {
		return err
	}
	c := newCall(provider.Funcs[any](list), list, b.policy, b)
	return c.run(ctx, ev)
}

// listeners asks the provider. Its panic, and that of an event's EventName,
// are treated as those of a listener.
func (b *Basic) listeners(ev any) (list *provider.List, err error) {
	if !b.policy.passPanics {
		defer recoverAs(&err, reflect.TypeOf(ev))
	}
	return b.provider.Listeners(ev)
}

// listenersOf is listeners for a type.
func (b *Basic) listenersOf(typ reflect.Type) (list *provider.List, v provider.Validity, err error) {
	if !b.policy.passPanics {
		defer recoverAs(&err, typ)
	}
	return b.typed.ListenersOf(typ)
}

// Dispatch dispatches ev, knowing its type, and returns it. The error is that
// of the dispatcher, or an *UnboundError for a nil one.
func Dispatch[E any](ctx context.Context, d Dispatcher, ev E) (E, error) {
	return ev, dispatchTyped(ctx, d, ev)
}

// DispatchName dispatches an event that is no more than a name, and returns
// it: listeners may have left something in its Arguments.
func DispatchName(ctx context.Context, d Dispatcher, name string) (*event.Generic, error) {
	return Dispatch(ctx, d, &event.Generic{Name: name, Arguments: map[string]any{}})
}

// dispatchTyped takes the typed way where there is one.
func dispatchTyped[E any](ctx context.Context, d Dispatcher, ev E) error {
	b, ok := basic(d)
	if !ok {
		return dispatchElsewhere(ctx, d, ev)
	}
	if known := b.routes.Load().find(reflect.TypeFor[E]()); known != nil {
		if c, ok := known.Call.(*chain.Call[E]); ok {
			return c.Run(ctx, ev)
		}
	}
	c, validity, err := callOf[E](b)
	switch {
	case err != nil:
		return err
	case validity == provider.OncePerEvent:
		return b.Dispatch(ctx, ev)
	case validity == provider.Forever:
		_, _ = b.newRoute(reflect.TypeFor[E]()) // for the next time
	}
	return c.run(ctx, ev)
}

// dispatchElsewhere is for a dispatcher that is not a plain one.
func dispatchElsewhere(ctx context.Context, d Dispatcher, ev any) error {
	if d == nil {
		return &UnboundError{}
	}
	return d.Dispatch(ctx, ev)
}

// basic is the plain dispatcher that d is or, being Late, stands for.
func basic(d Dispatcher) (*Basic, bool) {
	for {
		late, ok := d.(*Late)
		if !ok {
			b, ok := d.(*Basic)
			return b, ok
		}
		d = late.target()
	}
}
