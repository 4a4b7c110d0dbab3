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
func (a *Assembly) prepareAsync(in parts, groups [][]provider.Listener, built []AssembledProvider) error {
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
			problems = append(problems, badKey(l, a.settings.providers[i]))
		}
	}
	if first != nil && in.Transport == nil && in.DefaultTransport == nil {
		problems = append(problems, &NoTransportError{first.ID, first.Source})
	}
	for _, key := range slices.Sorted(maps.Keys(a.settings.receivers)) {
		problems = append(problems, unknownKey("fxevents.Subscription", key, known))
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

// badKey is what is wrong with a listener's receiver key and place.
func badKey(l *provider.Listener, p providerSpec) error {
	if p.name != "" {
		return &provider.AsyncError{Listener: l.ID, Source: l.Source,
			Problem: fmt.Sprintf("it is in the group %s: only the provider without a name publishes events, since receivers know no providers", p.group)}
	}
	s := transport.Subscription{Event: "any", Key: l.Async}
	var problem *transport.SubscriptionError
	if _, err := s.Check(); errors.As(err, &problem) {
		return &provider.AsyncError{Listener: l.ID, Source: l.Source, Problem: problem.Problem}
	}
	return nil
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
	r := &receivers{outbox: a.outbox, shutdowner: in.Shutdowner, subscriptions: a.subscriptions(in, built)}
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
	s := a.settings.receivers[key]
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
