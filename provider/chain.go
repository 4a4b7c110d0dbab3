package provider

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// Chain provides the listeners of several providers, one provider after another.
// Providers may be added at any time. A dispatch in flight keeps the listeners that it
// began with. A Chain may contain other Chains, but not itself. The zero Chain is empty.
// A listener that two providers have is called twice.
//
// All asynchronous listeners come after all others. Each provider publishes the event
// once for its own asynchronous listeners.
type Chain struct {
	mu    sync.Mutex // held while state is replaced
	state atomic.Pointer[chainState]
}

// chainState never changes.
type chainState struct {
	providers []rollcall.Provider
	lease     *rollcall.Lease // ended when another state replaces this one
}

// NewChain chains the providers.
func NewChain(providers ...rollcall.Provider) *Chain {
	c := &Chain{}
	c.Append(providers...)
	return c
}

// Append adds providers at the end. Nil providers are ignored.
func (c *Chain) Append(providers ...rollcall.Provider) {
	c.change(func(old []rollcall.Provider) []rollcall.Provider { return slices.Concat(old, providers) })
}

// Prepend adds providers at the beginning, in the given order. Nil providers are ignored.
func (c *Chain) Prepend(providers ...rollcall.Provider) {
	c.change(func(old []rollcall.Provider) []rollcall.Provider { return slices.Concat(providers, old) })
}

func (c *Chain) change(f func([]rollcall.Provider) []rollcall.Provider) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.current()
	isNil := func(p rollcall.Provider) bool { return p == nil }
	next := &chainState{providers: slices.DeleteFunc(f(old.providers), isNil), lease: &rollcall.Lease{}}
	c.state.Store(next)
	old.lease.End()
}

// current returns the state. The zero Chain gets its state on first use.
func (c *Chain) current() *chainState {
	if s := c.state.Load(); s != nil {
		return s
	}
	c.state.CompareAndSwap(nil, &chainState{lease: &rollcall.Lease{}})
	return c.state.Load()
}

// All returns the listeners of all providers that have a method All, one provider after
// another.
func (c *Chain) All() []rollcall.Listener {
	var listeners []rollcall.Listener
	for _, p := range c.current().providers {
		listeners = append(listeners, rollcall.Internal.All(friend.Key{}, p)...)
	}
	return listeners
}

// Listeners returns each provider's listeners of ev, one provider after another. The
// error joins the errors of the providers. If ev is nil, the error is a
// *rollcall.NilError.
//
// Listeners allocates a list. A dispatcher remembers the list until the Chain or one of
// its providers changes. It remembers nothing if a provider, such as a [Filter], answers
// for one event only.
func (c *Chain) Listeners(ev any) (*rollcall.Listeners, error) {
	if ev == nil {
		return nil, &rollcall.NilError{What: "event"}
	}
	return c.current().join(event.TypeKey(reflect.TypeOf(ev)), func(p rollcall.Provider) (*rollcall.Listeners, error) {
		return p.Listeners(ev)
	})
}

// Of returns the listeners of a key, like [Sorted.Of], from the providers that have a
// method Of.
func (c *Chain) Of(key event.Key) (*rollcall.Listeners, error) {
	return c.current().join(key, func(p rollcall.Provider) (*rollcall.Listeners, error) {
		if p, ok := p.(interface {
			Of(event.Key) (*rollcall.Listeners, error)
		}); ok {
			return p.Of(key)
		}
		return nil, nil
	})
}

// join concatenates the answers of the providers.
func (s *chainState) join(of event.Key, ask func(rollcall.Provider) (*rollcall.Listeners, error)) (*rollcall.Listeners, error) {
	specs := make([]rollcall.Spec, 0, len(s.providers))
	var problems []error
	for _, p := range s.providers {
		list, err := ask(p)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		spec := list.Spec()
		if spec.Reasons == nil {
			spec.Reasons = make([]*ordering.Reason, len(spec.Listeners))
		}
		specs = append(specs, spec)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return rollcall.NewListeners(concat(specs, of, s.lease))
}

// concat returns a Spec that concatenates others. The answer holds for as long as all of
// these and the lease.
func concat(specs []rollcall.Spec, of event.Key, lease *rollcall.Lease) rollcall.Spec {
	joined := rollcall.Spec{Event: rollcall.Declaration{Key: of}, EveryEvent: isOneType(of), Leases: []*rollcall.Lease{lease}}
	parts, length := 0, 0
	for _, s := range specs {
		length += len(s.Listeners)
		if s.Event.Key == of && joined.Event.Name == "" {
			joined.Event = s.Event
		}
		joined.EveryEvent = joined.EveryEvent && s.EveryEvent
		joined.Leases = append(joined.Leases, s.Leases...)
		joined.Names = union(joined.Names, s.Names)
		if len(s.Listeners) > 0 {
			parts, joined.Sorted, joined.Sequences = parts+1, s.Sorted, s.Sequences
		}
	}
	joined.Sorted = joined.Sorted && parts == 1
	joined.Listeners, joined.Reasons = make([]*rollcall.Listener, 0, length), make([]*ordering.Reason, 0, length)
	for _, async := range []bool{false, true} { // asynchronous last: published only if all others succeed
		for _, s := range specs {
			for i, l := range s.Listeners {
				if (l.Async != "") == async {
					joined.Listeners, joined.Reasons = append(joined.Listeners, l), append(joined.Reasons, s.Reasons[i])
				}
			}
		}
	}
	return joined
}

// Events returns the events of all providers that have a method Events, each event once.
// The listeners of an event are those of the whole Chain. An event is left out if a
// provider fails to answer for it.
func (c *Chain) Events() []EventOrder {
	var orders []EventOrder
	seen := map[event.Key]bool{}
	for _, p := range c.current().providers {
		lists, ok := p.(interface{ Events() []EventOrder })
		if !ok {
			continue
		}
		for _, e := range lists.Events() {
			if list, err := c.Of(e.Event.Key); !seen[e.Event.Key] && err == nil {
				seen[e.Event.Key] = true
				e.Listeners = list
				orders = append(orders, e)
			}
		}
	}
	return orders
}

func union(a, b map[string]bool) map[string]bool {
	switch {
	case len(a) == 0 && b != nil:
		return b
	case len(b) == 0:
		return a
	}
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}
