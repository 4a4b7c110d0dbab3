package rollcall

import (
	"maps"
	"sync"
	"weak"
)

// Provider answers which listeners an event has, and in which order. Package
// provider has the usual kinds. A provider of your own makes its answers with
// [NewListeners] and checks itself with package providertest. If it also has a method
// All() []Listener, chains and traced dispatchers list its listeners.
type Provider interface {
	// Listeners returns the listeners to call for ev, in order. Nil means that
	// there are none. An error means that the listeners can't be had now, as if a
	// container fails to build one. The event then reaches nobody. Listeners may
	// be called concurrently.
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
// The zero Lease holds. It may be used concurrently and must not be copied.
type Lease struct {
	mu      sync.Mutex
	ended   bool
	holders map[weak.Pointer[holder]]struct{}
	sweep   int // at how many holders to look for those that are gone
}

// holder remembers answers. Leases hold it weakly, so that emitters may come and go.
type holder struct {
	forget func() // called when a lease ends
}

// End ends the lease. Whoever remembers an answer that is held under it forgets that
// before End returns. It may be called more than once. It costs time in proportion to
// the emitters and dispatchers that remember an answer.
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

// enter has the holder forget when the lease ends. It returns false if that has
// happened already.
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

// enterAll enters the holder into each lease. It returns false if one has ended.
func (h *holder) enterAll(leases []*Lease) bool {
	for _, l := range leases {
		if !l.enter(h) {
			return false
		}
	}
	return true
}
