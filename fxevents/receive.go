package fxevents

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/dispatcher"
	"github.com/rollcall-go/rollcall/internal/nearest"
	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/transport"
)

// Receive runs asynchronous listeners in this process: those of the receiver
// keys, or of all keys if none is given. It begins when the application starts.
// When that stops, it takes no more events and waits for the listeners that
// run, as long as Fx's stop timeout; what they have not finished then, another
// process receives, or this one when it starts again.
//
// The listeners of one key are called in their order, one event after the
// other unless a [Subscription] says otherwise. Where one fails, the event comes
// again after a while, and all listeners of the key are called again: they must
// bear that, as by transport.DeliveryOf, or have a key each.
//
// Where a subscription ends by an error, the application is shut down with
// exit code 1, and Stop returns the error.
func Receive(keys ...string) fx.Option {
	r := receive{keys: slices.Clone(keys), source: source.Caller(0)}
	return fx.Options(
		fx.Provide(fx.Annotated{Group: receiveGroup, Target: func() receive { return r }}),
		fx.Invoke(func(*Assembly) {}), // so that a missing Module is told
	)
}

// receive is one call of Receive.
type receive struct {
	keys   []string
	source string
}

// Subscription says how the receivers of a key subscribe: how many events they
// take at once, and how often. Its event is left empty.
func Subscription(s transport.Subscription) Option {
	at := source.Caller(0)
	return optionFunc(func(x *settings) {
		whole := s
		whole.Event = "any"
		_, err := whole.Check()
		switch {
		case s.Event != "" || s.Key == "":
			err = errors.New("it needs a key, and no event: it holds for every event of the key")
		case err == nil:
			x.receivers[s.Key] = s
			return
		}
		x.problems = append(x.problems, fmt.Errorf("fxevents.Subscription at %s: %w", at, err))
	})
}

// Codec encodes and decodes the events of asynchronous listeners, instead of
// JSON. What arrives as JSON is decoded all the same.
func Codec(c transport.Codec) Option { return optionFunc(func(s *settings) { s.codec = c }) }

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
	for _, r := range in.Receives {
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
	a.outbox.transport = in.Transport
	if in.Transport == nil {
		t, err := in.DefaultTransport(in.Lifecycle)
		if err != nil {
			return fmt.Errorf("rollcall: opening the transport: %w", err)
		}
		a.outbox.transport = t
	}
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

// receivers are the subscriptions of an application that runs.
type receivers struct {
	outbox        *outbox
	shutdowner    fx.Shutdowner
	subscriptions []subscribed

	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu       sync.Mutex
	running  []string
	problems []error
}

// start declares all receivers, also those of other processes, and subscribes
// those of this one.
func (r *receivers) start(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(r.outbox.events)) {
		if err := r.outbox.events[name].declare(ctx, r.outbox.transport); err != nil {
			return fmt.Errorf("rollcall: declaring the receivers of %s: %w", name, err)
		}
	}
	running, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	for _, s := range r.subscriptions {
		r.running = append(r.running, s.String())
		r.ended.Go(func() { r.receive(running, s) })
	}
	return nil
}

func (r *receivers) receive(ctx context.Context, s subscribed) {
	err := s.receiver.Receive(ctx, r.outbox.transport, s.event)
	if err == nil && ctx.Err() == nil {
		err = errors.New("the transport ended the subscription")
	}
	r.mu.Lock()
	r.running = slices.DeleteFunc(r.running, func(x string) bool { return x == s.String() })
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("rollcall: receiving %v: %w", s, err))
	}
	r.mu.Unlock()
	if err != nil {
		_ = r.shutdowner.Shutdown(fx.ExitCode(1)) // it fails where the application stops already
	}
}

// stop ends the subscriptions and waits for the listeners that run.
func (r *receivers) stop(ctx context.Context) error {
	r.cancel()
	ended := make(chan struct{})
	go func() { r.ended.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil && len(r.running) > 0 {
		r.problems = append(r.problems, fmt.Errorf("rollcall: listeners of %s still run; their events will come again: %w",
			strings.Join(r.running, ", "), err))
	}
	return errors.Join(r.problems...)
}
