package fxevents

import (
	"errors"
	"fmt"
	"slices"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/transport"
)

// Receive runs asynchronous listeners in this process: those of the receiver keys, or of
// all keys if none is given. It starts with the application. When the application stops, it
// takes no more events and waits for running listeners until Fx's stop timeout. An event
// that is not finished by then is redelivered, to another process or to this one when it
// runs again.
//
// The listeners of one key are called in order, one event after the other unless a
// [Subscription] allows more. If a listener fails, the event is redelivered after a delay,
// and all listeners of the key are called again. Delivery is at-least-once, so listeners
// must be idempotent: see [Inbox] and transport.HandleOnce. Use a key for each listener if
// the failure of one must not repeat the others. Each failure is logged, and so is an event
// that becomes a dead letter: see [Logger].
//
// If a subscription ends with an error, the application is shut down with exit code 1,
// and Stop returns the error.
func Receive(keys ...string) fx.Option {
	r := receive{keys: slices.Clone(keys), source: callsite.Caller(0)}
	return fx.Options(
		fx.Provide(fx.Annotated{Group: receiveGroup, Target: func(m module) receive {
			return receive{m.assembly().nextDeclared(), r.keys, r.source} // r may be shared by several applications
		}}),
		needsModule("fxevents.Receive", r.source),
	)
}

// receive is one call of Receive.
type receive struct {
	declared int
	keys     []string
	source   string
}

// receiving is one call of Subscription.
type receiving struct {
	subscription transport.Subscription
	source       string
}

// prepareAsync adds the events with asynchronous listeners to the publisher. It returns
// the problems with these listeners that provider.Build does not report.
func (a *Assembly) prepareAsync(in parts, c catalog, groups []group, all []built) error {
	var problems []error
	var first *rollcall.Listener
	for i, group := range groups {
		for j := range group.listeners {
			l := &group.listeners[j]
			if l.Async == "" {
				continue
			}
			if first == nil {
				first = l
			}
			problems = append(problems, a.checkAsync(l, i, c))
		}
	}
	if first != nil && in.Transport == nil && in.DefaultTransport == nil && !a.lostTransport {
		problems = append(problems, asyncError(first, "%s", noTransport))
	}
	known := keysOf(a.keyUses(groups))
	problems = append(problems, a.unknownKeys(in, known)...)
	inboxes, twice := inboxesByKey(in, known)
	a.inboxes = inboxes
	problems = append(problems, twice...)
	if p := all[0]; p.Sorted != nil {
		for _, e := range p.Events() {
			if keys := e.Listeners.Keys(); len(keys) > 0 {
				a.publisher.add(e.Event.Name, slices.DeleteFunc(keys, func(key string) bool { return key == anyReceiver }))
			}
		}
	}
	return errors.Join(problems...)
}

// noTransport is the problem of an asynchronous listener in an application without a
// transport.
const noTransport = "the application has no transport, or lacks something that the transport's constructor takes: provide a transport with fxevents.Transport, " +
	"or use fxnats.Module of github.com/rollcall-go/rollcall/transport/natsevents/fxnats instead of fxevents.Module for an embedded one"

// connect opens the transport, and makes the receivers start and stop with the
// application.
func (a *Assembly) connect(in parts, p built) error {
	if len(a.publisher.events) == 0 {
		return nil
	}
	t := in.Transport
	if t == nil {
		var err error
		if t, err = in.DefaultTransport(a); err != nil {
			return fmt.Errorf("rollcall: opening the transport: %w", err)
		}
	}
	a.publisher.connect(t)
	subscriptions, err := a.subscriptions(in, p)
	if err != nil {
		return err
	}
	r := &receivers{assembly: a, transport: t, inFlight: newInFlight(a.settings.logger), shutdowner: in.Shutdowner, subscriptions: subscriptions}
	in.Lifecycle.Append(fx.Hook{OnStart: r.start, OnStop: r.stop})
	return nil
}

// subscriptions returns the subscriptions for the calls of Receive, in the order in which
// the events are declared.
func (a *Assembly) subscriptions(in parts, p built) ([]subscribed, error) {
	var wanted []string
	all := false
	for _, r := range in.Receives {
		wanted = append(wanted, r.keys...)
		all = all || len(r.keys) == 0
	}
	declared := map[string]declaredEvent{}
	for _, d := range in.Events {
		declared[d.event.Name] = d
	}
	var list []subscribed
	for _, e := range p.Events() {
		for _, key := range e.Listeners.Keys() {
			if !all && !slices.Contains(wanted, key) || a.isForOthers(e.Event.Key, key) {
				continue
			}
			r, err := a.receiver(declared[e.Event.Name], key, in.Dispatcher, e.Listeners)
			if err != nil {
				return nil, err
			}
			list = append(list, subscribed{e.Event.Name, key, r})
		}
	}
	return list, nil
}

// receiver returns the receiver of a key. Its own dispatcher calls the listeners of the
// key.
func (a *Assembly) receiver(d declaredEvent, key string, origin rollcall.Dispatcher, of *rollcall.Listeners) (*transport.Receiver, error) {
	list, err := receivedBy(key, of)
	if err != nil {
		return nil, err
	}
	policy := slices.Concat(a.settings.policy, []rollcall.Option{rollcall.Internal.WithOrigin(friend.Key{}, origin)})
	s := a.settings.receivers[key].subscription
	s.Key = key
	dispatcher := rollcall.NewDispatcher(fixed{list}, policy...)
	if x, ok := a.inboxes[key]; ok {
		dispatcher = handledOnce{dispatcher, key, x.handled}
	}
	r := d.receiver(s, dispatcher)
	if a.settings.codec != nil {
		r = r.WithCodecs(a.settings.codec, transport.JSON{})
	}
	return r, nil
}

// receivedBy returns the asynchronous listeners of a key as synchronous ones, for the
// dispatcher of a receiver.
func receivedBy(key string, all *rollcall.Listeners) (*rollcall.Listeners, error) {
	spec := rollcall.Spec{Event: all.Spec().Event, EveryEvent: true}
	for _, l := range all.All() {
		if l.Async == key {
			l.Async = ""
			spec.Listeners = append(spec.Listeners, &l)
		}
	}
	return rollcall.NewListeners(spec)
}

// fixed is a provider with one answer.
type fixed struct{ list *rollcall.Listeners }

// Listeners returns the list for every event.
func (f fixed) Listeners(any) (*rollcall.Listeners, error) { return f.list, nil }

// subscribed is a receiver key of an event.
type subscribed struct {
	event, key string
	receiver   *transport.Receiver
}

func (s subscribed) String() string { return s.event + " by " + s.key }
