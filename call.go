package rollcall

import (
	"context"
	"errors"

	"github.com/rollcall-go/rollcall/event"
)

// call holds the data for a dispatch that does more than call one function after another.
type call[E any] struct {
	loop       loop[E]
	policy     policy
	origin     Dispatcher // for listeners that take one
	precedence *precedence
}

// bind prepares a list for many dispatches. It knows the type of the events statically,
// so a dispatch checks the type once and not for each function.
type bind func(l *Listeners, p policy, origin Dispatcher) answer

func bindTo[E any](l *Listeners, p policy, origin Dispatcher) answer {
	c := newLoop[E](l, p, origin)
	return answer{list: l, typed: c, run: func(ctx context.Context, ev any) error {
		e, _ := ev.(E) // an answer is used only for events of its type
		return c.run(ctx, e)
	}}
}

// newLoop returns nil if a dispatch has nothing to do.
func newLoop[E any](l *Listeners, p policy, origin Dispatcher) *loop[E] {
	if l.Len() == 0 && len(p.observers) == 0 {
		return nil
	}
	c := loop[E]{funcs: compile[E](l.Spec().Listeners), list: l}
	if isPlain(l, p) {
		return &c
	}
	if p.origin != nil {
		origin = p.origin
	}
	full := &call[E]{loop: c, policy: p, origin: origin}
	if p.parallel > 1 && l.spec.Sorted && l.Len() > 1 {
		full.precedence = newPrecedence(l.spec.Listeners, l.spec.Sequences)
	}
	return &loop[E]{list: l, instead: full.run}
}

// isPlain reports whether a dispatch only calls the functions one after another and
// checks the context between them.
func isPlain(l *Listeners, p policy) bool {
	return !l.stoppable() && !l.asks && !p.collect && !p.passPanics && p.parallel <= 1 && len(p.observers) == 0 && p.origin == nil
}

func (c *call[E]) run(ctx context.Context, e E) error {
	if len(c.policy.observers) > 0 {
		return c.runObserved(ctx, e)
	}
	return c.runUnobserved(ctx, e, nil)
}

func (c *call[E]) runUnobserved(ctx context.Context, e E, watch Observation) error {
	l, m := c.loop.list, mode{passPanics: c.policy.passPanics, watch: watch}
	if l.stoppable() {
		m.stop, _ = any(e).(event.Stoppable)
		if g, ok := m.stop.(*event.Generic); ok && g != nil && g.Arguments == nil {
			g.Arguments = map[string]any{} // so that listeners may write to it
		}
	}
	if l.asks {
		ctx = withOrigin(ctx, Origin{nameOf(e, l), c.origin})
	}
	switch {
	case c.precedence != nil:
		return c.runParallel(ctx, e, m)
	case c.policy.collect:
		return c.runAll(ctx, e, m)
	}
	_, err := c.loop.runFrom(ctx, e, m, 0)
	return err
}

// runAll continues after a failure, but then does not publish the event.
func (c *call[E]) runAll(ctx context.Context, e E, m mode) error {
	var problems []error
	part := c.loop
	for i := 0; i < len(part.funcs); {
		next, err := part.runFrom(ctx, e, m, i)
		if err != nil {
			problems = append(problems, err)
			part.funcs = part.funcs[:min(len(part.funcs), synchronous(part.list.spec.Listeners))]
		}
		i = next
	}
	return errors.Join(problems...)
}

// Option configures the dispatcher that [NewDispatcher] or [NewTraced] returns.
type Option func(*policy)

type policy struct {
	collect, passPanics bool
	parallel            int // how many listeners may run at the same time; 0 means 1
	observers           []Observer
	origin              Dispatcher // for listeners that take one; nil means the dispatcher itself
}

// CollectErrors calls the remaining listeners after one has failed. The dispatch returns
// the errors.Join of all errors and does not publish the event for asynchronous
// listeners. A done context still ends the dispatch.
func CollectErrors() Option { return func(p *policy) { p.collect = true } }

// PassPanics lets the panic of a listener pass through the dispatch, unchanged.
func PassPanics() Option { return func(p *policy) { p.passPanics = true } }

// Parallel lets up to limit listeners of one event run at the same time. If a tag says
// before or after, the later listener starts when the earlier one has returned. All
// listeners of priority "first" return before the others start, and those of priority
// "last" start when the others have returned. Numeric priorities and declared order only
// decide which of the ready listeners starts first.
//
// Listeners that no sort has ordered run one after the other: those of a provider.Map,
// and of a provider.Chain that joins several providers.
//
// The first error cancels the context of the running listeners. The dispatch waits for
// them and returns that error. With [CollectErrors], an error cancels nothing. Under
// [PassPanics], a panic passes through the caller's goroutine when all listeners have
// returned. If the event is stopped, no more listeners start.
//
// Each dispatch starts up to limit goroutines and allocates. With a limit of 1 or less,
// or a single listener, it is sequential.
func Parallel(limit int) Option { return func(p *policy) { p.parallel = limit } }
