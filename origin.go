package rollcall

import (
	"context"
	"errors"
)

// Origin says where an event comes from. A listener gets it as a third parameter,
// and can dispatch further events through it. The zero Origin has no name and
// refuses to dispatch.
type Origin struct {
	// Name is the event's name, or its type if it has none.
	Name string

	dispatcher Dispatcher
}

// Dispatch dispatches a further event through the dispatcher that called the
// listener, and returns its error.
func (o Origin) Dispatch(ctx context.Context, ev any) error {
	if o.dispatcher == nil {
		return errors.New("this origin has no dispatcher: only a dispatcher can call a listener that asks for one")
	}
	return o.dispatcher.Dispatch(ctx, ev)
}

// withOrigin returns the context for a list whose listeners ask for an Origin. It
// costs one allocation.
func withOrigin(ctx context.Context, o Origin) context.Context {
	return &originContext{Context: ctx, origin: o}
}

type originContext struct {
	context.Context
	origin Origin
}

type originKey struct{}

// Value returns the context itself for the key of its origin.
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
