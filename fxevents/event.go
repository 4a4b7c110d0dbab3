package fxevents

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/transport"
)

// Event declares the event type E and provides its *rollcall.Emitter[E]. Tags and order
// files may refer to the event by its name. The name may be "" if no listener is
// asynchronous and the event is not [Published]. The emitter reaches the listeners in [DefaultGroup], not those of a
// [NamedProvider]. The module that defines the type declares it, once: for a second
// declaration, Fx reports that the emitter is already provided, with both places.
// Nil options are ignored.
func Event[E any](name string, options ...EventOption) fx.Option {
	e := rollcall.Declare[E](name)
	e.Source = callsite.Caller(0)
	receiver := func(s transport.Subscription, d rollcall.Dispatcher) *transport.Receiver {
		r := transport.NewReceiver(s.Key, func(ctx context.Context, ev E) error { return d.Dispatch(ctx, ev) })
		r.Subscription = s
		return r
	}
	published := publishingOf(options)
	listener := func(f tags.Fields) rollcall.Listener { return rollcall.FromFunc(unheard[E], f) }
	return fx.Options(
		fx.Provide(
			locatedAt(callsite.PC(0), declareEachEventOnce[E](e.Source)),
			fx.Annotated{Group: eventGroup, Target: func(m module) declaredEvent {
				return declaredEvent{m.assembly().nextDeclared(), e, published, listener, receiver}
			}},
		),
		needsModule("fxevents.Event", e.Source),
	)
}

// declareEachEventOnce returns the constructor of an event's emitter. The container shows
// the name of this function if an event is declared twice, so it must not be inlined.
//
//go:noinline
func declareEachEventOnce[E any](at string) any {
	return func(m maybeModule) (*rollcall.Emitter[E], error) {
		if err := m.require("fxevents.Event", at); err != nil {
			return nil, err
		}
		return rollcall.NewEmitter[E](m.Module.assembly().emitters), nil
	}
}

// declaredEvent is an event at its place in declared order.
type declaredEvent struct {
	declared  int
	event     rollcall.Declaration
	published publishing
	// listener returns a listener of the event that does nothing.
	listener func(tags.Fields) rollcall.Listener
	// receiver returns a receiver that decodes events and passes them to a dispatcher.
	receiver func(transport.Subscription, rollcall.Dispatcher) *transport.Receiver
}
