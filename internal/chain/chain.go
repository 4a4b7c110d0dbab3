// Package chain calls functions one after the other, for a fixed event type.
// It is the loop below every dispatch, so it is written for speed; what a
// failure means is for others to say.
package chain

import (
	"context"
	"errors"

	"github.com/rollcall-go/rollcall/event"
)

// Reporter makes the error of a chain that ended at index i. A Reporter that
// is a pointer, or holds nothing else, costs no allocation.
type Reporter interface {
	Failed(i int, ev any, err error) error      // the function returned err
	Panicked(i int, ev any, value any) error    // the function panicked
	Interrupted(i int, ev any, err error) error // the context is done; the function was not called
	Unasked(ev any, value any) error            // asking the event whether it is stopped panicked
}

// Call is a chain that is ready to run. A nil *Call does nothing.
type Call[E any] struct {
	Funcs    []func(context.Context, E) error
	Reporter Reporter
	// Instead is called where there are no Funcs, and may be nil.
	Instead func(context.Context, E) error

	_ [16]byte // on a cache line of its own, which nobody writes
}

// Run calls the functions until one fails, asking the context before each if
// it can be done. A panic is reported.
//
// The deferred function takes some 2 ns a run. It asks the runtime for a panic only
// where a function has not returned without an error. The index is the loops' own
// variable, because a copy for the deferred function would be a store each time
// around. There is a first function, so the loops ask after each whether there is
// another, and not before. See bench/FLOOR.md.
func (c *Call[E]) Run(ctx context.Context, e E) (err error) {
	if c == nil {
		return nil
	}
	if len(c.Funcs) == 0 {
		return c.instead(ctx, e)
	}
	funcs := c.Funcs
	i, n := uint(0), uint(len(funcs))
	defer func() {
		if i < uint(len(c.Funcs)) {
			if value := recover(); value != nil {
				err = c.Reporter.Panicked(int(i), e, value)
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
		return c.Reporter.Failed(int(i), e, err)
	}
	for {
		if err := ctx.Err(); err != nil {
			return c.Reporter.Interrupted(int(i), e, err)
		}
		if err := funcs[i](ctx, e); err != nil {
			return c.Reporter.Failed(int(i), e, err)
		}
		i++
		if i >= n {
			return nil
		}
	}
}

// instead is what Run does where there are no functions to call. It is a function
// of its own so that little code is before the loop.
//
//go:noinline
func (c *Call[E]) instead(ctx context.Context, e E) error {
	if c.Instead == nil {
		return nil
	}
	return c.Instead(ctx, e)
}

// Mode is what From heeds beyond what Run does.
type Mode struct {
	Stop       event.Stoppable // asked before each function, or nil
	PassPanics bool
	Watch      Watch // told of each function, or nil
}

// Watch is told what becomes of each function.
type Watch interface {
	Calling(ctx context.Context, i int) context.Context // before the function; the context that it gets
	Returned(i int, err error)                          // after it, with the reported error
	Stopped(before int)                                 // the event is stopped; the function is not called
}

// ErrPanicPasses is what a Watch is told of a panic that is let through.
var ErrPanicPasses = errors.New("it did not return: a panic passes through the dispatch, or its goroutine ends")

// From is Run from index i on, heeding the mode, and returns the index to go on
// from: behind the function that failed, or the end.
func (c *Call[E]) From(ctx context.Context, e E, mode Mode, i int) (next int, err error) {
	asking := false
	if !mode.PassPanics {
		defer func() {
			switch value := recover(); {
			case value == nil:
			case asking:
				next, err = len(c.Funcs), c.Reporter.Unasked(e, value)
			default:
				next, err = i+1, c.Reporter.Panicked(i, e, value)
				if mode.Watch != nil {
					mode.Watch.Returned(i, err)
				}
			}
		}()
	}
	cancellable := ctx.Done() != nil
	for ; i < len(c.Funcs); i++ {
		if mode.Stop != nil {
			asking = true
			stopped := mode.Stop.PropagationStopped()
			asking = false
			if stopped {
				if mode.Watch != nil {
					mode.Watch.Stopped(i)
				}
				return len(c.Funcs), nil
			}
		}
		if cancellable {
			if err := ctx.Err(); err != nil {
				return len(c.Funcs), c.Reporter.Interrupted(i, e, err)
			}
		}
		if err := c.one(ctx, e, mode, i); err != nil {
			return i + 1, err
		}
	}
	return i, nil
}

// one calls the function at index i.
func (c *Call[E]) one(ctx context.Context, e E, mode Mode, i int) error {
	if mode.Watch == nil {
		if err := c.Funcs[i](ctx, e); err != nil {
			return c.Reporter.Failed(i, e, err)
		}
		return nil
	}
	return c.watched(ctx, e, mode, i)
}

// watched is one for a mode with a Watch. A panic that From recovers, From
// tells.
func (c *Call[E]) watched(ctx context.Context, e E, mode Mode, i int) error {
	ctx = mode.Watch.Calling(ctx, i)
	passing := mode.PassPanics
	if passing {
		defer func() {
			if passing {
				mode.Watch.Returned(i, ErrPanicPasses)
			}
		}()
	}
	err := c.Funcs[i](ctx, e)
	passing = false
	if err != nil {
		err = c.Reporter.Failed(i, e, err)
	}
	mode.Watch.Returned(i, err)
	return err
}
