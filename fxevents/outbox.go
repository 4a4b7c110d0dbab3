package fxevents

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/transport"
)

// outbox publishes events for their asynchronous listeners.
type outbox struct {
	codec      transport.Codec
	transport  transport.Transport   // set, like dispatcher, before the first dispatch
	dispatcher *transport.Dispatcher // to the transport
	events     map[string]*outgoing  // by name
}

// outgoing is an event that has asynchronous listeners.
type outgoing struct {
	name     string
	keys     []string      // of their receivers
	lock     chan struct{} // held while they are declared
	declared atomic.Bool
}

func newOutbox(codec transport.Codec) *outbox {
	if codec == nil {
		codec = transport.JSON{}
	}
	return &outbox{codec: codec, events: map[string]*outgoing{}}
}

func (o *outbox) connect(t transport.Transport) {
	o.transport, o.dispatcher = t, transport.NewDispatcher(t).WithCodec(o.codec)
}

func (o *outbox) add(name string, keys []string) {
	o.events[name] = &outgoing{name: name, keys: keys, lock: make(chan struct{}, 1)}
}

// publishes is the provider.Event.Publish of the event of a name.
func (o *outbox) publishes(name string) func(context.Context, any) error {
	return func(ctx context.Context, ev any) error {
		e := o.events[name]
		err := e.declare(ctx, o.transport)
		if err == nil {
			err = o.dispatcher.Dispatch(ctx, name, ev)
		}
		if err != nil {
			return fmt.Errorf("publishing %s for the receivers of %s: %w", name, strings.Join(e.keys, ", "), err)
		}
		return nil
	}
}

// declare has the transport keep the event for its receivers from now on,
// whether or not they have ever run.
func (e *outgoing) declare(ctx context.Context, t transport.Transport) error {
	declarer, ok := t.(transport.Declarer)
	if !ok || e.declared.Load() {
		return nil
	}
	select {
	case e.lock <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-e.lock }()
	for _, key := range e.keys {
		if err := declarer.Declare(ctx, transport.Subscription{Event: e.name, Key: key}); err != nil {
			return err
		}
	}
	e.declared.Store(true)
	return nil
}
