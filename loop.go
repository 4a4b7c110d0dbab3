package rollcall

import (
	"context"

	"github.com/rollcall-go/rollcall/event"
)

// loop calls functions one after another, for a fixed event type. Every dispatch uses it,
// so it is written for speed: see docs/decisions/call-loop.md. A nil *loop does nothing.
type loop[E any] struct {
	funcs []func(context.Context, E) error
	list  *Listeners // the listeners of the functions
	// instead is called if there are no funcs, and may be nil.
	instead func(context.Context, E) error

	_ [24]byte // fills the cache line, so that it is never written
}

// run calls the functions until one fails. If the context can be cancelled, run checks it
// before each function. A panic becomes an error.
//
// The deferred function takes about 2 ns per run. It calls recover only if a function has
// failed or not returned. The loops share their index with the deferred function, because
// a copy would cost a store in each iteration. There is at least one function, so the
// loops check for the end after each function and not before it. See bench/FLOOR.md.
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

// runInstead does what run does without functions. It is a separate function so that
// little code precedes the loop.
//
//go:noinline
func (c *loop[E]) runInstead(ctx context.Context, e E) error {
	if c.instead == nil {
		return nil
	}
	return c.instead(ctx, e)
}

// mode has the settings of runFrom.
type mode struct {
	stop       event.Stoppable // checked before each function; may be nil
	passPanics bool
	watch      Observation // informed of each function; may be nil
}

// runFrom does what run does, from index i on and with a mode. It returns the index at
// which to continue: the one after the failed function, or the end.
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

// one calls the function at index i. If runFrom recovers a panic, runFrom reports it to
// the observation instead of one.
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

// single calls only the function at index i, like runFrom. The caller must have checked
// whether the event is stopped.
func (c *loop[E]) single(ctx context.Context, e E, m mode, i int) error {
	part := loop[E]{funcs: c.funcs[:i+1], list: c.list}
	m.stop = nil
	_, err := part.runFrom(ctx, e, m, i)
	return err
}
