package fxevents

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/transport"
)

// Event declares the event type E and provides its *rollcall.Emitter[E]. Tags and order
// files may refer to the event by its name. The name may be "" if no listener is
// asynchronous. The emitter reaches the listeners in [DefaultGroup], not those of a
// [NamedProvider]. The module that defines the type declares it, once: for a second
// declaration, Fx reports that the emitter is already provided.
func Event[E any](name string) fx.Option {
	e := rollcall.Declare[E](name)
	e.Source = callsite.Caller(0)
	receiver := func(s transport.Subscription, d rollcall.Dispatcher) *transport.Receiver {
		r := transport.NewReceiver(s.Key, func(ctx context.Context, ev E) error { return d.Dispatch(ctx, ev) })
		r.Subscription = s
		return r
	}
	return fx.Provide(
		func(a *Assembly) *rollcall.Emitter[E] { return rollcall.NewEmitter[E](a.emitters) },
		fx.Annotated{Group: eventGroup, Target: func(m module) declaredEvent {
			return declaredEvent{m.assembly().nextDeclared(), e, receiver}
		}},
	)
}

// declaredEvent is an event at its place in declared order.
type declaredEvent struct {
	declared int
	event    rollcall.Declaration
	// receiver returns a receiver that decodes events and passes them to a dispatcher.
	receiver func(transport.Subscription, rollcall.Dispatcher) *transport.Receiver
}
