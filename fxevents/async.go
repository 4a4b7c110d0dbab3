package fxevents

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/dispatcher"
	"github.com/rollcall-go/rollcall/internal/nearest"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/transport"
)

// prepareAsync finds the asynchronous listeners, and what is wrong with them
// beyond what provider.Build says.
func (a *Assembly) prepareAsync(in parts, events []provider.Event, groups [][]provider.Listener, built []AssembledProvider) error {
	var problems []error
	var known []string
	var first *provider.Listener
	for i, group := range groups {
		for j := range group {
			l := &group[j]
			if l.Async == "" {
				continue
			}
			if first == nil {
				first = l
			}
			known = append(known, l.Async)
			problems = append(problems, a.badAsync(l, i, events))
		}
	}
	if first != nil && in.Transport == nil && in.DefaultTransport == nil {
		problems = append(problems, &NoTransportError{first.ID, first.Source})
	}
	for _, key := range slices.Sorted(maps.Keys(a.settings.receivers)) {
		problems = append(problems, unknownKey("fxevents.Subscription at "+a.settings.receivers[key].source, key, known))
	}
	for _, r := range sortedBy(in.Receives, func(r receive) int { return r.declared }) {
		for _, key := range r.keys {
			problems = append(problems, unknownKey("fxevents.Receive at "+r.source, key, known))
		}
	}
	if p := built[0]; p.Ordered != nil {
		for _, e := range p.Events() {
			if keys := e.List.Keys(); len(keys) > 0 {
				a.outbox.add(e.Event.Name, keys)
			}
		}
	}
	return errors.Join(problems...)
}

func unknownKey(what, key string, known []string) error {
	if slices.Contains(known, key) {
		return nil
	}
	return fmt.Errorf("%s: no listener is received by the key %q%s", what, key, nearest.DidYouMean(key, known))
}

// connect opens the transport and has the receivers run with the application.
func (a *Assembly) connect(in parts, built *provider.Ordered) error {
	if len(a.outbox.events) == 0 {
		return nil
	}
	t := in.Transport
	if t == nil {
		var err error
		if t, err = in.DefaultTransport(a); err != nil {
			return fmt.Errorf("rollcall: opening the transport: %w", err)
		}
	}
	a.outbox.connect(t)
	r := &receivers{assembly: a, transport: verdicts{t, a.settings.logger}, shutdowner: in.Shutdowner, subscriptions: a.subscriptions(in, built)}
	in.Lifecycle.Append(fx.Hook{OnStart: r.start, OnStop: r.stop})
	return nil
}

// subscriptions are those that calls of Receive ask for.
func (a *Assembly) subscriptions(in parts, built *provider.Ordered) []subscribed {
	var wanted []string
	all := false
	for _, r := range in.Receives {
		wanted = append(wanted, r.keys...)
		all = all || len(r.keys) == 0
	}
	var list []subscribed
	for _, d := range sortedBy(in.Events, func(d declaredEvent) int { return d.declared }) {
		out, ok := a.outbox.events[d.event.Name]
		if !ok {
			continue
		}
		for _, key := range out.keys {
			if all || slices.Contains(wanted, key) {
				list = append(list, subscribed{d.event.Name, key, a.receiver(d, key, in.Dispatcher, built)})
			}
		}
	}
	return list
}

func (a *Assembly) receiver(d declaredEvent, key string, origin dispatcher.Dispatcher, built *provider.Ordered) *transport.Receiver {
	policy := slices.Concat(a.settings.policy, []dispatcher.Option{dispatcher.Origin(origin)})
	s := a.settings.receivers[key].subscription
	s.Key = key
	r := d.receiver(s, dispatcher.New(provider.Received(built, key), policy...))
	if a.settings.codec != nil {
		r = r.WithCodecs(a.settings.codec, transport.JSON{})
	}
	return r
}

// subscribed is a receiver key of an event.
type subscribed struct {
	event, key string
	receiver   *transport.Receiver
}

func (s subscribed) String() string { return s.event + " by " + s.key }
