package dispatcher

import (
	"context"

	"github.com/rollcall-go/rollcall/internal/chain"
	"github.com/rollcall-go/rollcall/provider"
)

// Observer watches dispatches, to trace or to measure them. It is called in
// their goroutines, so it must be safe for concurrent use, be quick, and not
// panic: its panic is treated as that of a listener, or passes.
type Observer interface {
	// Begin is called before the first listener, also where nobody listens. It
	// is not called where the provider fails to give the listeners.
	// It gives the context that the dispatch goes on with and what watches
	// it: nil for nothing, as where a sample is enough.
	Begin(ctx context.Context, d Dispatched) (context.Context, Observation)
}

// Dispatched is a dispatch that begins.
type Dispatched struct {
	Event     string         // the event's name, or its type where it has none
	Value     any            // the event
	Listeners *provider.List // in order; nil or empty where nobody listens
}

// Observation watches one dispatch. Listeners have their indexes in
// [Dispatched].Listeners. Under [Parallel], Calling and Returned are called
// from several goroutines at once. Of asynchronous listeners it is told nothing
// but End: it is a dispatch of their receiver that calls them.
type Observation interface {
	// Calling is called before a listener and gives the context that it gets.
	Calling(ctx context.Context, i int) context.Context
	// Returned is called after it. The error is nil or a *ListenerError; of a
	// panic that passes through the dispatch, it is ErrPanicPasses.
	Returned(i int, err error)
	// Stopped is called where the event says that it is stopped, before the
	// listener at this index. Whoever returned last has stopped it; under
	// Parallel, it may have been another one that ran at the same time.
	Stopped(before int)
	// End is called last, with what the dispatch returns; with
	// ErrPanicPasses where it does not return.
	End(err error)
}

// ErrPanicPasses is what an [Observation] is told where a listener panicked and
// [PassPanics] lets that through, or ended its goroutine by runtime.Goexit. Of
// the latter, only End is told, unless PassPanics is on.
var ErrPanicPasses = chain.ErrPanicPasses

// Observe has an observer watch every dispatch. A dispatcher without one takes
// no time for it. Of several, each watches, the first one first; the contexts
// that they give are passed from one to the next.
func Observe(o Observer) Option {
	return optionFunc(func(p *policy) {
		switch {
		case o == nil:
		case p.observer == nil:
			p.observer = o
		default:
			p.observer = both{p.observer, o}
		}
	})
}

// runObserved is runWatchfully for a policy with an observer.
func (c *call[E]) runObserved(ctx context.Context, e E) error {
	ctx, o := c.policy.observer.Begin(ctx, Dispatched{Event: nameOf(e, c.list), Value: e, Listeners: c.list})
	if o == nil {
		return c.runUnobserved(ctx, e, nil)
	}
	passing := true
	defer func() {
		if passing {
			o.End(ErrPanicPasses)
		}
	}()
	err := c.runUnobserved(ctx, e, c.watching(o))
	passing = false
	o.End(err)
	return err
}

// watching is what an observation is told of the listeners that are called.
func (c *call[E]) watching(o Observation) chain.Watch {
	if n := c.list.Len(); n == 0 || !c.list.IsAsync(n-1) { // those are last
		return o
	}
	return synchronous{o, c.list}
}

// synchronous watches those listeners that the dispatch itself calls.
type synchronous struct {
	Observation
	list *provider.List
}

func (s synchronous) Calling(ctx context.Context, i int) context.Context {
	if s.list.IsAsync(i) {
		return ctx
	}
	return s.Observation.Calling(ctx, i)
}

func (s synchronous) Returned(i int, err error) {
	if !s.list.IsAsync(i) {
		s.Observation.Returned(i, err)
	}
}

// both are two observers.
type both [2]Observer

func (b both) Begin(ctx context.Context, d Dispatched) (context.Context, Observation) {
	ctx, first := b[0].Begin(ctx, d)
	ctx, second := b[1].Begin(ctx, d)
	switch {
	case first == nil:
		return ctx, second
	case second == nil:
		return ctx, first
	}
	return ctx, bothObservations{first, second}
}

type bothObservations [2]Observation

func (b bothObservations) Calling(ctx context.Context, i int) context.Context {
	return b[1].Calling(b[0].Calling(ctx, i), i)
}

func (b bothObservations) Returned(i int, err error) {
	b[0].Returned(i, err)
	b[1].Returned(i, err)
}

func (b bothObservations) Stopped(before int) {
	b[0].Stopped(before)
	b[1].Stopped(before)
}

func (b bothObservations) End(err error) {
	b[0].End(err)
	b[1].End(err)
}
