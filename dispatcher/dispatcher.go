package dispatcher

import (
	"context"

	"github.com/rollcall-go/rollcall/event"
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
}

// New makes a dispatcher for the listeners of p.
func New(p provider.Provider, options ...Option) *Basic {
	b := &Basic{provider: p}
	b.typed, _ = p.(provider.Typed)
	for _, o := range options {
		o.apply(&b.policy)
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
	list, err := b.listeners(ev)
	if list.Len() == 0 || err != nil {
		return err
	}
	c := newCall(provider.Funcs[any](list), list, b.policy, b)
	return c.run(ctx, ev)
}

// listeners asks the provider. Its panic, and that of an event's EventName,
// are treated as those of a listener.
func (b *Basic) listeners(ev any) (list *provider.List, err error) {
	if !b.policy.passPanics {
		defer recoverAs(&err, ev)
	}
	return b.provider.Listeners(ev)
}

// Dispatch dispatches ev, knowing its type, and returns it. The error is that
// of the dispatcher.
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
		return d.Dispatch(ctx, ev)
	}
	c, validity, err := callOf[E](b)
	switch {
	case err != nil:
		return err
	case validity == provider.OncePerEvent:
		return b.Dispatch(ctx, ev)
	}
	return c.run(ctx, ev)
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
