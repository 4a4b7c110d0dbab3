package provider

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

// Chain gives the listeners of several providers in succession. Providers may
// be added at any time; a dispatch in flight keeps the listeners that it began
// with. A Chain of Chains is a Chain. The zero Chain is empty. A Chain must
// not contain itself.
//
// The asynchronous listeners of all come behind the others; each provider
// publishes for its own.
//
// A chain remembers the lists that it has joined, up to 16,384 of them: for each
// type of event, one less than it has providers. Beyond that it begins anew, and
// may have to join them again, which allocates.
type Chain struct {
	mu    sync.Mutex // held while state is replaced
	state atomic.Pointer[chainState]
}

type chainState struct {
	providers []Provider

	joined sync.Map     // of *followed by *List
	count  atomic.Int64 // of the lists that are joined
}

// NewChain chains the providers.
func NewChain(providers ...Provider) *Chain {
	c := &Chain{}
	c.Append(providers...)
	return c
}

// Append adds providers at the end. Nil ones are left out, here and elsewhere.
func (c *Chain) Append(providers ...Provider) {
	c.change(func(old []Provider) []Provider { return slices.Concat(old, providers) })
}

// Prepend adds providers at the beginning, the first of them first.
func (c *Chain) Prepend(providers ...Provider) {
	c.change(func(old []Provider) []Provider { return slices.Concat(providers, old) })
}

func (c *Chain) change(f func([]Provider) []Provider) {
	c.mu.Lock()
	defer c.mu.Unlock()
	isNil := func(p Provider) bool { return p == nil }
	c.state.Store(&chainState{providers: slices.DeleteFunc(f(c.providers()), isNil)})
}

func (c *Chain) providers() []Provider {
	if s := c.state.Load(); s != nil {
		return s.providers
	}
	return nil
}

// All gives the listeners of all providers in succession, of those that can
// name theirs.
func (c *Chain) All() []Listener {
	var all []Listener
	for _, p := range c.providers() {
		all = append(all, All(p)...)
	}
	return all
}

// Listeners gives the providers' listeners of ev in succession. The error
// joins those of the providers; it is a *NoEventError for nil. It allocates only
// where a provider gives a list for the first time, or as a Filter does that
// leaves a listener out.
func (c *Chain) Listeners(ev any) (*List, error) {
	if ev == nil {
		return nil, &NoEventError{}
	}
	s := c.state.Load()
	if s == nil {
		return nil, nil
	}
	var all *List
	var problems []error
	for _, p := range s.providers {
		list, err := p.Listeners(ev)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = s.join(all, list)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return all, nil
}

// ListenersOf gives the listeners of the events of type t, ForNow, where each
// provider of the chain can answer for a type.
func (c *Chain) ListenersOf(t reflect.Type) (*List, Validity, error) {
	s := c.state.Load()
	if s == nil || len(s.providers) == 0 {
		return nothingFor(t)
	}
	var all *List
	for _, p := range s.providers {
		typed, ok := p.(Typed)
		if !ok {
			return nil, OncePerEvent, nil
		}
		list, validity, err := typed.ListenersOf(t)
		if err != nil || validity == OncePerEvent {
			return nil, OncePerEvent, nil // Listeners has all errors
		}
		all = s.join(all, list)
	}
	return all, ForNow, nil
}

// maxJoined bounds the lists that a chain remembers, and maxFollowed those of them
// that begin with one list: mutable providers below it make new ones with every
// change.
const (
	maxJoined   = 1 << 14
	maxFollowed = 1 << 10
)

// join looks for what was joined before. Lists never change, so their addresses
// stand for what they hold.
func (s *chainState) join(a, b *List) *List {
	switch {
	case a.Len() == 0:
		return b
	case b.Len() == 0:
		return a
	}
	if a.passing || b.passing {
		joined := concat(a, b)
		joined.passing = true
		return joined
	}
	if x, ok := s.joined.Load(a); ok {
		if list, ok := x.(*followed).by(b); ok {
			return list
		}
	}
	return s.remember(a, b, concat(a, b))
}

func (s *chainState) remember(a, b, list *List) *List {
	if s.count.Add(1) > maxJoined {
		s.joined.Clear()
		s.count.Store(1)
	}
	x, _ := s.joined.LoadOrStore(a, &followed{})
	return x.(*followed).remember(b, list)
}

// followed are the joined lists that begin with one, by the other.
type followed struct {
	mu    sync.Mutex // held while lists is replaced
	lists atomic.Pointer[map[*List]*List]
}

func (f *followed) by(b *List) (*List, bool) {
	known := f.lists.Load()
	if known == nil {
		return nil, false
	}
	list, ok := (*known)[b]
	return list, ok
}

// remember keeps the first of several that are the same.
func (f *followed) remember(b, list *List) *List {
	f.mu.Lock()
	defer f.mu.Unlock()
	if first, ok := f.by(b); ok {
		return first
	}
	extended := map[*List]*List{}
	if known := f.lists.Load(); known != nil && len(*known) < maxFollowed {
		extended = maps.Clone(*known)
	}
	extended[b] = list
	f.lists.Store(&extended)
	return list
}

// concat keeps the asynchronous listeners last: what is published is known only
// when the others have succeeded.
func concat(a, b *List) *List {
	m, n := a.syncLen(), b.syncLen()
	joined := newList(slices.Concat(a.listeners[:m], b.listeners[:n], a.listeners[m:], b.listeners[n:]), nil)
	if a.reasons != nil || b.reasons != nil {
		r, q := a.reasonsOfAll(), b.reasonsOfAll()
		joined.reasons, joined.rearranged = slices.Concat(r[:m], q[:n], r[m:], q[n:]), true
	}
	if a.typ != nil && a.typ == b.typ {
		joined.serve(a.typ, a.event, nil)
	}
	return joined
}
