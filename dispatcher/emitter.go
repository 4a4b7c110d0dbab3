package dispatcher

import (
	"context"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/provider"
)

// Emitter dispatches events of one type. The zero Emitter has no listeners and
// returns nil, so that a component under test needs no dispatcher. It must not
// be copied.
type Emitter[E any] struct {
	bound atomic.Pointer[binding[E]]
}

// binding is a dispatcher and, where its answer never changes, the call to
// make.
type binding[E any] struct {
	call       call[E]
	fixed      bool
	dispatcher Dispatcher
}

// NewEmitter makes an emitter of d. Through a plain dispatcher an event
// reaches its listeners without the cost of finding them, where the provider
// is one that never changes; through any other it takes that one's Dispatch. A nil d gives the zero Emitter.
func NewEmitter[E any](d Dispatcher) *Emitter[E] {
	m := &Emitter[E]{}
	if d == nil {
		return m
	}
	m.bound.Store(&binding[E]{dispatcher: d})
	return m
}

// Emit calls the listeners of e. The error is that of [Basic.Dispatch]. It
// allocates nothing, and takes a few nanoseconds beyond the listeners.
func (m *Emitter[E]) Emit(ctx context.Context, e E) error {
	b := m.bound.Load()
	switch {
	case b == nil:
		return nil
	case b.fixed:
		return b.call.run(ctx, e)
	}
	return m.emitUnfixed(ctx, e, b.dispatcher)
}

// emitUnfixed remembers what it finds if that never changes.
func (m *Emitter[E]) emitUnfixed(ctx context.Context, e E, d Dispatcher) error {
	b, ok := basic(d)
	if !ok {
		return d.Dispatch(ctx, e)
	}
	c, validity, err := callOf[E](b)
	switch {
	case err != nil:
		return err
	case validity == provider.OncePerEvent:
		return b.Dispatch(ctx, e)
	case validity == provider.Forever:
		m.bound.Store(&binding[E]{call: c, fixed: true, dispatcher: d})
	}
	return c.run(ctx, e)
}
