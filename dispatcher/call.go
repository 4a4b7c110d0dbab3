package dispatcher

import (
	"context"
	"errors"
	"reflect"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/chain"
	"github.com/rollcall-go/rollcall/provider"
)

// call is what a dispatch needs to know, ready to run for events of type E.
type call[E any] struct {
	chain  chain.Call[E]
	list   *provider.List
	policy policy
	origin Dispatcher // told to listeners that ask
}

func newCall[E any](funcs []func(context.Context, E) error, list *provider.List, p policy, origin Dispatcher) call[E] {
	if p.origin != nil {
		origin = p.origin
	}
	return call[E]{chain: chain.Call[E]{Funcs: funcs, Reporter: reporter{list}}, list: list, policy: p, origin: origin}
}

// callOf is the call for every event of type E, and how long it holds.
func callOf[E any](b *Basic) (call[E], provider.Validity, error) {
	if b.typed == nil {
		return call[E]{}, provider.OncePerEvent, nil
	}
	list, validity, err := b.listenersOf(reflect.TypeFor[E]())
	if validity == provider.OncePerEvent || err != nil {
		return call[E]{}, validity, err
	}
	return newCall(provider.Funcs[E](list), list, b.policy, b), validity, nil
}

// isPlain says whether the functions may be called one after the other with
// nothing but the context to look at.
func isPlain(list *provider.List, p policy) bool {
	return !list.Stoppable() && !list.Asks() && p == policy{}
}

// isIdle says whether a dispatch has nothing to do at all.
func isIdle(list *provider.List, p policy) bool { return list.Len() == 0 && p.observer == nil }

func (c *call[E]) run(ctx context.Context, e E) error {
	switch {
	case isIdle(c.list, c.policy):
		return nil
	case isPlain(c.list, c.policy):
		return c.chain.Run(ctx, e)
	}
	return c.runWatchfully(ctx, e)
}

func (c *call[E]) runWatchfully(ctx context.Context, e E) error {
	if c.policy.observer != nil {
		return c.runObserved(ctx, e)
	}
	return c.runUnobserved(ctx, e, nil)
}

func (c *call[E]) runUnobserved(ctx context.Context, e E, watch chain.Watch) error {
	mode := chain.Mode{PassPanics: c.policy.passPanics, Watch: watch}
	if c.list.Stoppable() {
		mode.Stop, _ = any(e).(event.Stoppable)
	}
	if c.list.Asks() {
		ctx = provider.WithOrigin(ctx, provider.NewOrigin(nameOf(e, c.list), c.origin))
	}
	if c.policy.parallel > 1 && c.list.Len() > 0 {
		return c.runParallel(ctx, e, mode)
	}
	if c.policy.collect {
		return c.runAll(ctx, e, mode)
	}
	_, err := c.chain.From(ctx, e, mode, 0)
	return err
}

// runAll goes on after a failure, but then publishes nothing.
func (c *call[E]) runAll(ctx context.Context, e E, mode chain.Mode) error {
	var problems []error
	for i := 0; i < len(c.chain.Funcs); {
		part := c.chain
		if len(problems) > 0 {
			if c.list.IsAsync(i) {
				i++
				continue
			}
			part.Funcs = part.Funcs[:c.syncFrom(i)]
		}
		next, err := part.From(ctx, e, mode, i)
		if err != nil {
			problems = append(problems, err)
		}
		i = next
	}
	return errors.Join(problems...)
}

// syncFrom is the end of the run of listeners from index i on that are not
// asynchronous.
func (c *call[E]) syncFrom(i int) int {
	for i < c.list.Len() && !c.list.IsAsync(i) {
		i++
	}
	return i
}

// reporter makes the errors of a list's listeners.
type reporter struct{ list *provider.List }

func (r reporter) Failed(i int, ev any, err error) error {
	return &ListenerError{Listener: r.list.At(i).ID, Event: nameOf(ev, r.list), Err: err}
}

func (r reporter) Panicked(i int, ev any, value any) error {
	return r.Failed(i, ev, newPanicError(value))
}

func (r reporter) Unasked(ev any, value any) error { return unasked(ev, newPanicError(value)) }

func (r reporter) Interrupted(i int, ev any, err error) error {
	return &InterruptedError{Event: nameOf(ev, r.list), Before: r.list.At(i).ID, Err: err}
}
