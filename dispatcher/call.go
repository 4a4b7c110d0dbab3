package dispatcher

import (
	"context"
	"errors"
	"reflect"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// call is what a dispatch needs to know, ready to run for events of type E.
type call[E any] struct {
	funcs     []func(context.Context, E) error
	list      *provider.List
	policy    policy
	origin    Dispatcher // told to listeners that ask
	stoppable bool       // ask the event whether it is stopped
	asks      bool       // a listener wants to know the origin
}

func newCall[E any](funcs []func(context.Context, E) error, list *provider.List, p policy, origin Dispatcher) call[E] {
	return call[E]{funcs: funcs, list: list, policy: p, origin: origin, stoppable: list.Stoppable(), asks: list.Asks()}
}

// callOf is the call for every event of type E, and how long it holds.
func callOf[E any](b *Basic) (call[E], provider.Validity, error) {
	if b.typed == nil {
		return call[E]{}, provider.OncePerEvent, nil
	}
	list, validity, err := b.typed.ListenersOf(reflect.TypeFor[E]())
	if validity == provider.OncePerEvent || err != nil {
		return call[E]{}, validity, err
	}
	return newCall(provider.Funcs[E](list), list, b.policy, b), validity, nil
}

func (c *call[E]) run(ctx context.Context, e E) error {
	var stop event.Stoppable
	if c.stoppable {
		stop, _ = any(e).(event.Stoppable)
	}
	if c.asks {
		ctx = provider.WithOrigin(ctx, provider.NewOrigin(nameOf(e, c.list), c.origin))
	}
	if c.policy.collect {
		return c.runAll(ctx, e, stop)
	}
	_, err := c.runFrom(ctx, e, stop, 0)
	return err
}

// runAll goes on after a failure.
func (c *call[E]) runAll(ctx context.Context, e E, stop event.Stoppable) error {
	var problems []error
	for i := 0; i < len(c.funcs); {
		next, err := c.runFrom(ctx, e, stop, i)
		if err != nil {
			problems = append(problems, err)
		}
		i = next
	}
	return errors.Join(problems...)
}

// runFrom calls the listeners from index i to the first that fails, and
// returns the index to go on from.
func (c *call[E]) runFrom(ctx context.Context, e E, stop event.Stoppable, i int) (next int, err error) {
	if !c.policy.passPanics {
		defer func() {
			if value := recover(); value != nil {
				next, err = i+1, c.failure(i, e, newPanicError(value))
			}
		}()
	}
	cancellable := ctx.Done() != nil
	for ; i < len(c.funcs); i++ {
		if stop != nil && stop.PropagationStopped() {
			return len(c.funcs), nil
		}
		if cancellable {
			if err := ctx.Err(); err != nil {
				return len(c.funcs), c.interrupted(i, e, err)
			}
		}
		if err := c.funcs[i](ctx, e); err != nil {
			return i + 1, c.failure(i, e, err)
		}
	}
	return i, nil
}

func (c *call[E]) failure(i int, e E, err error) error {
	return &ListenerError{Listener: c.list.At(i).ID, Event: nameOf(e, c.list), Err: err}
}

func (c *call[E]) interrupted(i int, e E, err error) error {
	return &InterruptedError{Event: nameOf(e, c.list), Before: c.list.At(i).ID, Err: err}
}
