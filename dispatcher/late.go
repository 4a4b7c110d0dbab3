package dispatcher

import (
	"context"
	"sync/atomic"
)

// Late is a dispatcher that gets its dispatcher later, so that a listener can
// hold the very dispatcher that will call it. Make it with NewLate.
type Late struct {
	bound   atomic.Pointer[Dispatcher]
	unbound error
}

// NewLate makes a dispatcher that returns the error unbound, or an
// *UnboundError where that is nil, until Bind is called.
func NewLate(unbound error) *Late {
	if unbound == nil {
		unbound = &UnboundError{}
	}
	return &Late{unbound: unbound}
}

// Bind gives the dispatcher. It may be called once; the error is a
// *BoundError, or an *UnboundError for nil or for l itself.
func (l *Late) Bind(d Dispatcher) error {
	switch {
	case l.bound.Load() != nil:
		return &BoundError{}
	case d == nil || l.isBehind(d):
		return &UnboundError{}
	case !l.bound.CompareAndSwap(nil, &d):
		return &BoundError{}
	}
	return nil
}

// isBehind says whether d leads to l through Late dispatchers alone.
func (l *Late) isBehind(d Dispatcher) bool {
	for {
		late, ok := d.(*Late)
		if !ok || late == l {
			return ok
		}
		d = late.target()
	}
}

// Dispatch passes ev to the bound dispatcher.
func (l *Late) Dispatch(ctx context.Context, ev any) error {
	return l.target().Dispatch(ctx, ev)
}

func (l *Late) target() Dispatcher {
	if d := l.bound.Load(); d != nil {
		return *d
	}
	return failing{l.unbound}
}

// failing is the dispatcher of what has none.
type failing struct{ err error }

func (f failing) Dispatch(context.Context, any) error { return f.err }
