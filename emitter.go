package rollcall

import (
	"context"
	"reflect"
	"sync/atomic"
)

// Emitter dispatches events of one type. It is what application code injects. A nil
// Emitter and the zero one have no listeners and return nil, so a component under test
// needs no dispatcher. An Emitter may be used concurrently and must not be copied.
type Emitter[E any] struct {
	call   atomic.Pointer[loop[E]]
	holder *holder  // registered with the leases of the answer in call
	_      [48]byte // fills the cache line, so that it is written only when the answer changes
}

// NewEmitter returns an emitter that dispatches through d. If d is a plain dispatcher,
// the emitter remembers the listeners for as long as the provider's answer holds.
// Otherwise each event goes through d.Dispatch. With a nil d, the emitter has no
// listeners.
func NewEmitter[E any](d Dispatcher) *Emitter[E] {
	m := &Emitter[E]{}
	if d == nil {
		return m
	}
	reset := func() {
		var unknown *loop[E]
		unknown = &loop[E]{instead: func(ctx context.Context, e E) error { return m.emitUnknown(ctx, e, d, unknown) }}
		m.call.Store(unknown) // a new loop each time, so that CompareAndSwap rejects outdated answers
	}
	m.holder = &holder{forget: reset}
	reset()
	return m
}

// Emit calls the listeners of e. The error is that of the dispatcher, see
// [NewDispatcher]. With remembered listeners, Emit costs a few nanoseconds beyond them.
// The package's comment says when it allocates. If E has an EventName method, each Emit looks its listeners up in the dispatcher.
// A nil pointer is an event like any other.
func (m *Emitter[E]) Emit(ctx context.Context, e E) (err error) {
	// With an if instead of the for, the inlining cost would be 81, above the limit of
	// 80, and each Emit would be a function call.
	for m != nil {
		return m.call.Load().run(ctx, e)
	}
	return
}

// emitUnknown finds the answer for e and runs it. If the answer holds for all events of
// type E, emitUnknown remembers it.
func (m *Emitter[E]) emitUnknown(ctx context.Context, e E, d Dispatcher, unknown *loop[E]) error {
	p, ok := unwrapped(d).(*plain)
	if !ok {
		return d.Dispatch(ctx, e)
	}
	a, err := p.answer(e)
	if err != nil {
		return err
	}
	typ := reflect.TypeFor[E]()
	if a.list.typ != typ {
		return a.run(ctx, e)
	}
	c, ok := a.typed.(*loop[E])
	if !ok {
		c = newLoop[E](a.list, p.policy, p)
	}
	if a.list.spec.EveryEvent && !a.list.isNamed() && m.holder.enterAll(a.list.spec.Leases) {
		m.call.CompareAndSwap(unknown, c)
	}
	return c.run(ctx, e)
}
