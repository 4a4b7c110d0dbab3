package rollcall

import (
	"context"
	"errors"
)

// Observer watches dispatches, to trace or to measure them. It is called in their
// goroutines, so it must be safe for concurrent use, be quick, and not panic: its panic
// is treated like that of a listener.
type Observer interface {
	// Begin is called before the first listener, also if nobody listens. It is not
	// called if the provider fails to answer. It returns the context that the dispatch
	// goes on with and what watches the dispatch: nil for nothing, as if a sample is
	// enough.
	Begin(ctx context.Context, d Dispatched) (context.Context, Observation)
}

// Dispatched is a dispatch that begins.
type Dispatched struct {
	Event string // the event's name, or its type if it has none
	Value any    // the event
	// Listeners are called in this order. It is empty if nobody listens, and nil if
	// nobody was asked, because the event was stopped already.
	Listeners *Listeners
}

// Observation watches one dispatch. Listeners have their indexes in
// [Dispatched].Listeners. Under [Parallel], Calling and Returned are called from
// several goroutines at once. Of asynchronous listeners an Observation learns nothing
// but End: the dispatch of their receiver calls them.
type Observation interface {
	// Calling is called before a listener and returns the context that it gets.
	Calling(ctx context.Context, i int) context.Context
	// Returned is called after the listener. The error is nil or a *ListenerError.
	// It is ErrPanicPasses if a panic passes through the dispatch.
	Returned(i int, err error)
	// Stopped is called if the event says that it is stopped, before the listener at
	// this index. The listener that returned last has stopped it. Under Parallel, it
	// may have been another one that ran at the same time.
	Stopped(before int)
	// End is called last, with what the dispatch returns, or with ErrPanicPasses if it
	// does not return.
	End(err error)
}

// ErrPanicPasses is what an [Observation] gets if a listener panicked and [PassPanics]
// lets that through, or if the listener ended its goroutine by runtime.Goexit. Of the
// latter, only End learns, unless PassPanics is on.
var ErrPanicPasses = errors.New("it did not return: a panic passes through the dispatch, or its goroutine ends")

// Observe makes o watch every dispatch. A dispatcher without an observer spends no time
// on it. Several observers all watch, the first one first. Each gets the context that
// the one before it returns. A nil observer is ignored.
func Observe(o Observer) Option {
	return func(p *policy) {
		if o != nil {
			p.observers = append(p.observers, o)
		}
	}
}

// begin returns nil if no observer watches.
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

// runObserved is run for a policy with an observer.
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

// observations are several Observations of one dispatch.
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
