package rollcall

import (
	"context"
	"errors"
)

// Observer watches dispatches, to trace or to measure them. It is called in the
// goroutines of the dispatches, so it must be quick and safe for concurrent use. It must
// not panic: its panic may reach the code that dispatches, even without [PassPanics].
type Observer interface {
	// Begin is called before the first listener, even if there is none. It is not called
	// if the provider returns an error. Begin returns the context for the rest of the
	// dispatch and an Observation of it. A nil Observation ignores this dispatch, for
	// example because the observer watches only a sample.
	Begin(ctx context.Context, d Dispatched) (context.Context, Observation)
}

// Dispatched is a dispatch that begins.
type Dispatched struct {
	Event string // the event's name, or its type if it has none
	Value any    // the event
	// Listeners are called in this order. It is empty if nobody listens. It is nil if the
	// provider was not asked because the event was already stopped.
	Listeners *Listeners
}

// Observation watches one dispatch. It gets listeners by their index in
// [Dispatched].Listeners. Under [Parallel], Calling and Returned are called from several
// goroutines at once. They are not called for asynchronous listeners, which the dispatch
// of a receiver calls. If publishing fails, End gets the error.
type Observation interface {
	// Calling is called before a listener and returns the context that it gets.
	Calling(ctx context.Context, i int) context.Context
	// Returned is called after the listener. The error is nil or a *ListenerError.
	// It is ErrPanicPasses if a panic passes through the dispatch.
	Returned(i int, err error)
	// Stopped is called if the event is stopped before the listener at this index. The
	// listener that returned last stopped it or, under Parallel, one that ran at the same
	// time. If none has returned, the event was stopped before the dispatch. Stopped is
	// not called if the last listener stops the event.
	Stopped(before int)
	// End is called last, with what the dispatch returns, or with ErrPanicPasses if it
	// does not return.
	End(err error)
}

// ErrPanicPasses is the error that an [Observation] gets if a listener or a dispatch does
// not return. The reason is a panic under [PassPanics], or a call of runtime.Goexit.
// After a Goexit without PassPanics, only End gets it. Under [Parallel], a dispatch
// survives a Goexit and returns a *ListenerError that wraps ErrPanicPasses.
var ErrPanicPasses = errors.New("it did not return: a panic passes through the dispatch, or its goroutine ends")

// Observe makes o watch every dispatch. A dispatcher without an observer spends no time
// on it. Observe may be used more than once: the observers are called in order, and each
// gets the context that the one before it returns. A nil observer is ignored.
func Observe(o Observer) Option {
	return func(p *policy) {
		if o != nil {
			p.observers = append(p.observers, o)
		}
	}
}

// begin starts the observations of a dispatch. It returns nil if no observer watches.
func (p policy) begin(ctx context.Context, d Dispatched) (context.Context, Observation) {
	if len(p.observers) == 1 {
		return p.observers[0].Begin(ctx, d)
	}
	var all observations
	for _, o := range p.observers {
		var watch Observation
		if ctx, watch = o.Begin(ctx, d); watch != nil {
			all = append(all, watch)
		}
	}
	if all == nil {
		return ctx, nil
	}
	return ctx, all
}

// runObserved is run for a policy with observers.
func (c *call[E]) runObserved(ctx context.Context, e E) error {
	ctx, o := c.policy.begin(ctx, Dispatched{Event: nameOf(e, c.loop.list), Value: e, Listeners: c.loop.list})
	if o == nil {
		return c.runUnobserved(ctx, e, nil)
	}
	passing := true
	defer func() {
		if passing {
			o.End(ErrPanicPasses)
		}
	}()
	err := c.runUnobserved(ctx, e, o)
	passing = false
	o.End(err)
	return err
}

// observations passes each call to several Observations of one dispatch.
type observations []Observation

func (o observations) Calling(ctx context.Context, i int) context.Context {
	for _, one := range o {
		ctx = one.Calling(ctx, i)
	}
	return ctx
}

func (o observations) Returned(i int, err error) {
	for _, one := range o {
		one.Returned(i, err)
	}
}

func (o observations) Stopped(before int) {
	for _, one := range o {
		one.Stopped(before)
	}
}

func (o observations) End(err error) {
	for _, one := range o {
		one.End(err)
	}
}
