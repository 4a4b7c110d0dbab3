package rollcall

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/event"
)

// Dispatcher passes an event to its listeners. [NewDispatcher] returns the plain one. An
// implementation must be safe for concurrent use.
//
// A Dispatcher that does nothing but call another may have a method
//
//	Unwrap() Dispatcher
//
// It returns the other dispatcher, or nil until there is one. Emitters and [Dispatch]
// may then skip the Dispatch method of the wrapper. An emitter may keep using the first
// dispatcher that Unwrap returns.
type Dispatcher interface {
	Dispatch(ctx context.Context, ev any) error
}

// NewDispatcher returns the plain dispatcher for the listeners of p. It calls them in
// order, in the caller's goroutine and with the caller's context, and returns when
// they have run. Nil options are ignored.
//
// Before each listener, a dispatch ends without an error if the event is stopped (see
// [event.Stoppable]), and with an error if the context is done. For an event that is
// stopped beforehand, the provider need not be asked. The error of a dispatch is nil, or:
//
//   - a *ListenerError that wraps the error of a listener, or a *PanicError if the
//     listener panicked;
//   - a *PublishError if the event was not published for its asynchronous listeners;
//   - an *InterruptedError that wraps the context's error;
//   - with [CollectErrors], errors.Join of these;
//   - the provider's error, such as a *provider.IndirectionError for an event Placed if
//     *Placed is declared;
//   - a *NilError for a nil event;
//   - an error that wraps a *PanicError if the provider or a method of the event panics.
//
// The dispatcher remembers the provider's answer for each event type for as long as the
// answer holds, see [Spec]. A dispatch then costs a table lookup. It needs no reflection
// and allocates nothing if a listener takes exactly the event's type, or if the event has
// a [Declaration] made with [Declare].
func NewDispatcher(p Provider, options ...Option) Dispatcher {
	d := &plain{provider: p}
	d.holder = &holder{forget: d.forget}
	d.table.Store(&table{})
	for _, o := range options {
		if o != nil {
			o(&d.policy)
		}
	}
	return d
}

// plain is the dispatcher that NewDispatcher returns. It remembers the provider's answers
// by event type, and by event name if the name matters. Reading a remembered answer takes
// no lock.
type plain struct {
	provider Provider
	policy   policy
	holder   *holder // registered with the leases of the remembered answers
	table    atomic.Pointer[table]

	mu         sync.Mutex // held while the table is replaced
	generation atomic.Uint64
}

// Dispatch calls the listeners of ev.
func (d *plain) Dispatch(ctx context.Context, ev any) error {
	if known := d.table.Load().find(reflect.TypeOf(ev)); known != nil && known.names == nil {
		return known.run(ctx, ev)
	}
	a, err := d.answer(ev)
	if err != nil {
		return err
	}
	return a.run(ctx, ev)
}

// answer returns the remembered answer for ev, or asks the provider. It does not ask for
// an event that is already stopped. A panic of the provider or of the event's EventName
// becomes an error, unless PassPanics is on.
func (d *plain) answer(ev any) (a answer, err error) {
	if !d.policy.passPanics {
		defer recoverAs(&err, ev)
	}
	if a, ok := d.known(ev); ok {
		return a, nil
	}
	if stopped, err := isStopped(ev); stopped && err == nil { // on an error, the dispatch asks again
		return answer{list: nobody, run: d.dispatchStopped}, nil
	}
	return d.ask(ev)
}

// isStopped reports whether ev is stopped. The error reports a panic of
// PropagationStopped, for example of a nil pointer.
func isStopped(ev any) (stopped bool, err error) {
	s, ok := ev.(event.Stoppable)
	if !ok {
		return false, nil
	}
	defer func() {
		if value := recover(); value != nil {
			err = unasked(ev, newPanicError(value))
		}
	}()
	return s.PropagationStopped(), nil
}

// dispatchStopped informs the observers about an event that was stopped before its
// dispatch. Its listeners are unknown, because the provider was not asked.
func (d *plain) dispatchStopped(ctx context.Context, ev any) error {
	_, o := d.policy.begin(ctx, Dispatched{Event: nameOf(ev, nil), Value: ev})
	if o != nil {
		o.Stopped(0)
		o.End(nil)
	}
	return nil
}

// Dispatch dispatches ev through d and returns ev with its static type. If d is a plain
// dispatcher that remembers the answer for E, an event that is not a pointer is not boxed.
// The error is that of d, or a *NilError if d is nil.
func Dispatch[E any](ctx context.Context, d Dispatcher, ev E) (E, error) {
	b, ok := unwrapped(d).(*plain)
	if ok {
		if known := b.table.Load().find(reflect.TypeFor[E]()); known != nil && known.names == nil {
			if c, ok := known.typed.(*loop[E]); ok {
				return ev, c.run(ctx, ev)
			}
		}
	}
	if d == nil {
		return ev, &NilError{What: "dispatcher"}
	}
	return ev, d.Dispatch(ctx, ev)
}

// unwrapped calls Unwrap until there is nothing left to unwrap, and returns the innermost
// dispatcher.
func unwrapped(d Dispatcher) Dispatcher {
	for {
		w, ok := d.(interface{ Unwrap() Dispatcher })
		if !ok {
			return d
		}
		inner := w.Unwrap()
		if inner == nil {
			return d
		}
		d = inner
	}
}

// Origin is a listener's third parameter: the name of the event and access to its
// dispatcher. A listener can dispatch further events through it. The zero Origin has no
// name, and its Dispatch returns an error.
type Origin struct {
	// Name is the event's name, or its type if it has none.
	Name string

	dispatcher Dispatcher
}

// Dispatch dispatches a further event through the dispatcher that called the
// listener, and returns its error.
func (o Origin) Dispatch(ctx context.Context, ev any) error {
	if o.dispatcher == nil {
		return errors.New("this Origin has no dispatcher: use the one that a dispatcher passes to the listener")
	}
	return o.dispatcher.Dispatch(ctx, ev)
}

// withOrigin returns a context that carries o for listeners that take an Origin. It
// allocates once.
func withOrigin(ctx context.Context, o Origin) context.Context {
	return &originContext{Context: ctx, origin: o}
}

type originContext struct {
	context.Context
	origin Origin
}

type originKey struct{}

// Value returns c itself for originKey, so that originOf finds the origin.
func (c *originContext) Value(key any) any {
	if key == (originKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func originOf(ctx context.Context) Origin {
	if c, ok := ctx.Value(originKey{}).(*originContext); ok {
		return c.origin
	}
	return Origin{}
}
