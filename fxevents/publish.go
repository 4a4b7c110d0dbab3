package fxevents

import (
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/transport"
)

// asyncPublisher publishes events for their asynchronous listeners.
type asyncPublisher struct {
	codec     transport.Codec
	transport transport.Transport  // set, like publisher, before the first dispatch
	publisher *transport.Publisher // to the transport
	events    map[string]*outgoing // by name
}

// outgoing is an event that has asynchronous listeners, or is Published.
type outgoing struct {
	name     string
	keys     []string      // receiver keys to store it for
	lock     chan struct{} // held while the keys are declared
	declared atomic.Bool   // at the broker
	later    atomic.Bool   // an Outbox declares them
}

func newAsyncPublisher(codec transport.Codec) *asyncPublisher {
	if codec == nil {
		codec = transport.JSON{}
	}
	return &asyncPublisher{codec: codec, events: map[string]*outgoing{}}
}

func (p *asyncPublisher) connect(t transport.Transport) {
	p.transport, p.publisher = t, transport.NewPublisher(t).WithCodec(p.codec)
}

func (p *asyncPublisher) add(name string, keys []string) {
	p.events[name] = &outgoing{name: name, keys: keys, lock: make(chan struct{}, 1)}
}

// publishes returns the Publish function for the event with this name.
func (p *asyncPublisher) publishes(name string) func(context.Context, any) error {
	return func(ctx context.Context, ev any) error {
		e := p.events[name]
		if err := e.prepare(ctx, p.transport); err != nil {
			return err
		}
		err := p.publisher.Publish(ctx, name, ev)
		if err == nil {
			return nil
		}
		err = withoutPrefix(err, "publishing event "+name+": ")
		if len(e.keys) == 0 {
			return forAnybody(err)
		}
		return err
	}
}

// withoutPrefix returns the error that a transport has annotated with a prefix, because the
// dispatch's *rollcall.PublishError says the same. It returns any other error unchanged.
func withoutPrefix(err error, prefix string) error {
	if inner := errors.Unwrap(err); inner != nil && err.Error() == prefix+inner.Error() {
		return inner
	}
	return err
}

// forAnybody returns the error of publishing an event for all subscribers. It is not an
// error if there are none.
func forAnybody(err error) error {
	if unroutable := (*transport.UnroutableError)(nil); errors.As(err, &unroutable) {
		return nil
	}
	return err
}

// declare declares the receivers of all events.
func (p *asyncPublisher) declare(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(p.events)) {
		if err := p.events[name].declare(ctx, p.transport); err != nil {
			return fmt.Errorf("rollcall: declaring the receivers of %s: %w", name, err)
		}
	}
	return nil
}

// prepare makes sure that an event that is published next is kept for its receivers. It
// does not wait for the broker if the transport is a transport.Outbox.
func (e *outgoing) prepare(ctx context.Context, t transport.Transport) error {
	if e.later.Load() {
		return nil
	}
	box, ok := t.(transport.Outbox)
	if !ok || e.declared.Load() {
		return e.declare(ctx, t)
	}
	for _, key := range e.keys {
		err := box.DeclareLater(transport.Subscription{Event: e.name, Key: key})
		if errors.Is(err, errors.ErrUnsupported) { // it wraps another transport
			return e.declare(ctx, t)
		}
		if err != nil {
			return err
		}
	}
	e.later.Store(true)
	return nil
}

// declare makes the transport keep the event for its receivers from now on, even if they
// have never run. It first waits for the connection: its error says why there is none.
func (e *outgoing) declare(ctx context.Context, t transport.Transport) error {
	declarer, ok := t.(transport.Declarer)
	if !ok || e.declared.Load() {
		return nil
	}
	if c, ok := t.(transport.Connector); ok {
		if err := c.AwaitConnection(ctx); err != nil {
			return err
		}
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

// checkAsync returns the problems with an asynchronous listener that provider.Build does
// not report: with its group, its receiver key or its event. The argument index is that
// of the listener's provider.
func (a *Assembly) checkAsync(l *rollcall.Listener, index int, c catalog) error {
	if p := a.settings.providers[index]; p.name != "" {
		return asyncError(l, "it is in the group %s, and only the provider without a name publishes events: drop the tag's async, or its group", p.group)
	}
	var problems []error
	if problem := problemOfKey(transport.Subscription{Key: l.Async}); problem != "" && !a.isForOthers(l.Event, l.Async) {
		problems = append(problems, asyncError(l, "%s", problem))
	}
	if e, ok := c.Declared(l.Event); ok {
		problems = append(problems, a.checkOutgoing(l, e))
	}
	return errors.Join(problems...)
}

// checkOutgoing returns an error if a declared event can't be published. provider.Build
// reports events that have no name or are interfaces.
func (a *Assembly) checkOutgoing(l *rollcall.Listener, e rollcall.Declaration) error {
	if e.Name == "" || e.Key.IsInterface() {
		return nil
	}
	if problem := subscriptionProblem(transport.Subscription{Event: e.Name}); problem != "" {
		return asyncError(l, "its event %q%s can't be published: %s: declare it with another name", e.Name, callsite.At(e.Source), problem)
	}
	if _, ok := a.publisher.codec.(transport.JSON); ok && isEmptyInJSON(e.Key.Type()) {
		return asyncError(l, "its event %v%s would arrive empty, because JSON encodes only exported fields and it has none: "+
			"export some, give it MarshalJSON and UnmarshalJSON, or give fxevents.Module an fxevents.Codec", e.Key, callsite.At(e.Source))
	}
	return nil
}

func asyncError(l *rollcall.Listener, format string, args ...any) error {
	return &rollcall.EventError{Listener: l.ID, Source: l.Source, Event: l.Event.String(), Problem: "is asynchronous, but " + fmt.Sprintf(format, args...)}
}

// problemOfKey is subscriptionProblem for a receiver key of any event.
func problemOfKey(s transport.Subscription) string {
	s.Event = "any"
	return subscriptionProblem(s)
}

func subscriptionProblem(s transport.Subscription) string {
	var problem *transport.SubscriptionError
	if _, err := s.Check(); errors.As(err, &problem) {
		return problem.Problem
	}
	return ""
}

// isEmptyInJSON reports whether events of a type have fields of their own, but
// encoding/json writes none. It ignores unexported fields of embedded types: a receiver
// does not need an event.Propagation.
func isEmptyInJSON(t reflect.Type) bool {
	if t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return false
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	hidden := false
	for _, f := range reflect.VisibleFields(t) {
		switch {
		case f.Anonymous: // its fields are visited, too
			if !isStruct(f.Type) && f.IsExported() {
				return false
			}
		case f.IsExported():
			return false
		case len(f.Index) == 1 && f.Name != "_":
			hidden = true
		}
	}
	return hidden
}

func isStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}
