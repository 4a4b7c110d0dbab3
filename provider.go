package rollcall

import (
	"maps"
	"sync"
	"weak"
)

// Provider returns the listeners of an event in order. Package provider has the usual
// kinds. Your own provider makes its answers with [NewListeners]; test it with package
// providertest. It may also have a method All() []Listener, which provider.Chain.All and
// [Traced.NotCalled] use.
type Provider interface {
	// Listeners returns the listeners to call for ev, in order, or nil if there are none.
	// It returns an error if the listeners are not available, for example because a
	// container failed to build one. Then no listener is called. Listeners may be called
	// concurrently.
	//
	// Dispatchers and emitters remember an answer for as long as it holds, see
	// [Spec], so Listeners need not be fast.
	Listeners(ev any) (*Listeners, error)
}

// Subscriber is a value that lists its own subscriptions: one or several functions,
// each for an event, each with an ID and a placement of its own.
type Subscriber interface {
	Subscriptions() []Listener
}

// Lease says how long an answer of a provider holds: until End is called. A provider
// that may change puts a new lease into its answers after each change and then ends
// the old one. So a dispatch that begins after the change sees it, and dispatches in
// between cost as much as with a provider that never changes.
//
// The zero Lease has not ended. A Lease may be used concurrently and must not be copied.
type Lease struct {
	mu      sync.Mutex
	ended   bool
	holders map[weak.Pointer[holder]]struct{}
	sweep   int // the number of holders at which to remove those that are gone
}

// holder represents a dispatcher or an emitter that remembers answers. Leases refer to
// holders weakly, so that emitters can be garbage-collected.
type holder struct {
	forget func() // called when a lease ends
}

// End ends the lease. When End returns, every dispatcher and emitter has forgotten the
// answers under it. Ending a lease again is a no-op. The cost is proportional to the
// number of dispatchers and emitters that remember an answer.
func (l *Lease) End() {
	l.mu.Lock()
	holders := l.holders
	l.ended, l.holders = true, nil
	l.mu.Unlock()
	for p := range holders {
		if h := p.Value(); h != nil {
			h.forget()
		}
	}
}

// enter makes the holder forget its answers when the lease ends. It returns false if the
// lease has already ended.
func (l *Lease) enter(h *holder) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	if len(l.holders) >= l.sweep {
		maps.DeleteFunc(l.holders, func(p weak.Pointer[holder], _ struct{}) bool { return p.Value() == nil })
		l.sweep = 2*len(l.holders) + 8
	}
	if l.holders == nil {
		l.holders = map[weak.Pointer[holder]]struct{}{}
	}
	l.holders[weak.Make(h)] = struct{}{}
	return true
}

// enterAll enters the holder into each lease. It returns false if one of them has ended.
func (h *holder) enterAll(leases []*Lease) bool {
	for _, l := range leases {
		if !l.enter(h) {
			return false
		}
	}
	return true
}
