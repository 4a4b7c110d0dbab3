package dispatcher

import (
	"context"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/internal/chain"
	"github.com/rollcall-go/rollcall/provider"
)

// Emitter dispatches events of one type. The zero Emitter has no listeners and
// returns nil, so that a component under test needs no dispatcher. It must not
// be copied.
type Emitter[E any] struct {
	call atomic.Pointer[chain.Call[E]]
	_    [56]byte // on a cache line of its own, which nobody writes
}

// NewEmitter makes an emitter of d. Through a plain dispatcher an event
// reaches its listeners without the cost of finding them, where the provider
// is one that never changes; through any other it takes that one's Dispatch. A
// nil d gives the zero Emitter.
func NewEmitter[E any](d Dispatcher) *Emitter[E] {
	m := &Emitter[E]{}
	if d == nil {
		return m
	}
	m.call.Store(&chain.Call[E]{Instead: func(ctx context.Context, e E) error { return m.emitUnfixed(ctx, e, d) }})
	return m
}

// Emit calls the listeners of e. The error is that of [Basic.Dispatch]. It
// takes a few nanoseconds beyond the listeners and allocates nothing, unless one
// of them asks for an Origin or they run in [Parallel]. Where E is a pointer, a
// nil one is asked and handed on as any other.
func (m *Emitter[E]) Emit(ctx context.Context, e E) error { return m.call.Load().Run(ctx, e) }

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
		m.call.Store(fixed(c))
	}
	return c.run(ctx, e)
}

// fixed is a call to be made from now on.
func fixed[E any](c call[E]) *chain.Call[E] {
	if isIdle(c.list, c.policy) {
		return nil
	}
	if isPlain(c.list, c.policy) {
		plain := c.chain
		return &plain
	}
	return &chain.Call[E]{Instead: c.runWatchfully}
}
