package provider

import (
	"context"
	"errors"
)

// Origin tells a listener that asks for it where its event comes from: the
// event's name and the dispatcher. It is itself a dispatcher, so that the
// listener can dispatch further events. The zero Origin has no name and
// refuses to dispatch.
type Origin struct {
	// Name is the event's name, or its type where it has none.
	Name string

	dispatcher interface {
		Dispatch(ctx context.Context, ev any) error
	}
}

// NewOrigin is for implementers of dispatchers.
func NewOrigin(name string, d interface {
	Dispatch(ctx context.Context, ev any) error
}) Origin {
	return Origin{Name: name, dispatcher: d}
}

// Dispatch dispatches a further event through the dispatcher that the
// listener was called by, and returns its error.
func (o Origin) Dispatch(ctx context.Context, ev any) error {
	if o.dispatcher == nil {
		return errors.New("this origin has no dispatcher: only a dispatcher can call a listener that asks for one")
	}
	return o.dispatcher.Dispatch(ctx, ev)
}

// WithOrigin is for implementers of dispatchers: the context for a list whose
// Asks is true. It costs one allocation.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return &originContext{Context: ctx, origin: o}
}

type originContext struct {
	context.Context
	origin Origin
}

type originKey struct{}

// Value gives the origin for its key.
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
