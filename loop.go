package rollcall

import (
	"context"

	"github.com/rollcall-go/rollcall/event"
)

// loop calls functions one after the other, for a fixed event type. It is below every
// dispatch, so it is written for speed. A nil *loop does nothing.
type loop[E any] struct {
	funcs []func(context.Context, E) error
	list  *Listeners // whose functions they are
	// instead is called if there are no funcs, and may be nil.
	instead func(context.Context, E) error

	_ [24]byte // on a cache line of its own, which nobody writes
}

// run calls the functions until one fails, asking the context before each if it can
// be done. A panic becomes an error.
//
// The deferred function takes about 2 ns a run. It asks the runtime for a panic only
// if a function has not returned without an error. The index is the loops' own
// variable, because a copy for the deferred function would be a store each time
// around. There is a first function, so the loops ask after each whether there is
// another, and not before. See bench/FLOOR.md.
func (c *loop[E]) run(ctx context.Context, e E) (err error) {
	if c == nil {
		return nil
	}
	if len(c.funcs) == 0 {
		return c.runInstead(ctx, e)
	}
	funcs := c.funcs
	i, n := uint(0), uint(len(funcs))
	defer func() {
		if i < uint(len(c.funcs)) {
			if value := recover(); value != nil {
				err = c.list.panicked(int(i), e, value)
			}
		}
	}()
	if ctx.Done() == nil {
		err := funcs[0](ctx, e)
		for err == nil {
			i++
			if i >= n {
				return nil
			}
			err = funcs[i](ctx, e)
		}
		return c.list.failed(int(i), e, err)
	}
	for {
		if err := ctx.Err(); err != nil {
			return c.list.interrupted(int(i), e, err)
		}
		if err := funcs[i](ctx, e); err != nil {
			return c.list.failed(int(i), e, err)
		}
		i++
		if i >= n {
			return nil
		}
	}
}

// runInstead is what run does if there are no functions to call. It is a function of
// its own so that little code is before the loop.
//
//go:noinline
func (c *loop[E]) runInstead(ctx context.Context, e E) error {
	if c.instead == nil {
		return nil
	}
	return c.instead(ctx, e)
}

// mode is what runFrom observes beyond what run does.
type mode struct {
	stop       event.Stoppable // asked before each function, or nil
	passPanics bool
	watch      Observation // told of each function, or nil
}

// runFrom is run from index i on, observing the mode. It returns the index to go on
// from: behind the function that failed, or the end.
func (c *loop[E]) runFrom(ctx context.Context, e E, m mode, i int) (next int, err error) {
	asking := false
	if !m.passPanics {
		defer func() {
			switch value := recover(); {
			case value == nil:
			case asking:
				next, err = len(c.funcs), unasked(e, newPanicError(value))
			default:
				next, err = i+1, c.list.panicked(i, e, value)
				if w := c.watching(m, i); w != nil {
					w.Returned(i, err)
				}
			}
		}()
	}
	cancellable := ctx.Done() != nil
	for ; i < len(c.funcs); i++ {
		if m.stop != nil {
			asking = true
			stopped := m.stop.PropagationStopped()
			asking = false
			if stopped {
				if m.watch != nil {
					m.watch.Stopped(i)
				}
				return len(c.funcs), nil
			}
		}
		if cancellable {
			if err := ctx.Err(); err != nil {
				return len(c.funcs), c.list.interrupted(i, e, err)
			}
		}
		if err := c.one(ctx, e, m, i); err != nil {
			return i + 1, err
		}
	}
	return i, nil
}

// watching returns the observation that watches the function at index i, or nil for an
// asynchronous listener, which the dispatch does not call itself.
func (c *loop[E]) watching(m mode, i int) Observation {
	if m.watch == nil || c.list.IsAsync(i) {
		return nil
	}
	return m.watch
}

// one calls the function at index i. It leaves it to runFrom to report a panic that
// runFrom recovers.
func (c *loop[E]) one(ctx context.Context, e E, m mode, i int) (err error) {
	watch := c.watching(m, i)
	if watch != nil {
		ctx = watch.Calling(ctx, i)
		if m.passPanics {
			err = ErrPanicPasses // until the function has returned
			defer func() { watch.Returned(i, err) }()
		}
	}
	if err = c.funcs[i](ctx, e); err != nil {
		err = c.list.failed(i, e, err)
	}
	if watch != nil && !m.passPanics {
		watch.Returned(i, err)
	}
	return err
}

// single calls the function at index i alone: it is runFrom for one function, of an
// event that was asked already whether it is stopped.
func (c *loop[E]) single(ctx context.Context, e E, m mode, i int) error {
	part := loop[E]{funcs: c.funcs[:i+1], list: c.list}
	m.stop = nil
	_, err := part.runFrom(ctx, e, m, i)
	return err
}
