package provider

import (
	"errors"
	"slices"
	"sync"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// mutableState is what a Mutable has between two changes. It never changes itself.
type mutableState struct {
	*resolver
	sorter   *sorter
	lease    *rollcall.Lease // ended when another state replaces this one
	snapshot func() *Sorted  // the same listeners in a provider that never changes

	// refuse is not nil until the Mutable of an application has the container's listeners.
	// It returns the error for listeners that are added, or for a call without any.
	refuse func([]rollcall.Listener) error
}

// newMutableState returns a state with the members. The error joins duplicates, bad
// targets and hints that contradict bands. A removal can only leave targets missing, and
// then the state is usable despite the error. newMutableState does not look for cycles:
// only an added listener can close one.
func newMutableState(members []member, events []rollcall.Declaration, rules []ordering.Rules) (*mutableState, error) {
	sorter, err := newSorter(members, events, rules...)
	return stateOf(sorter), withoutBands(err, func(e *ordering.BandError) error {
		if members[e.Hint.Item].Async != "" || members[e.Target].Async != "" {
			return nil // hintsAcrossKeys reports it
		}
		return bandError(members[e.Hint.Item], members[e.Target], e.Hint.Side)
	})
}

// stateOf returns a state of the sorter's members, with a lease of its own.
func stateOf(s *sorter) *mutableState {
	lease := &rollcall.Lease{}
	return &mutableState{sorter: s, lease: lease, resolver: s.resolver(lease), snapshot: sync.OnceValue(func() *Sorted {
		listeners := make([]rollcall.Listener, len(s.members))
		for i, m := range s.members {
			listeners[i] = *m.Listener
		}
		sorted, _ := newSorted(listeners, s) // the members were checked when they were added
		return sorted
	})}
}

// accept resolves the events of listeners that are to be added. The error joins what is
// wrong with the listeners themselves and with their events.
func (s *mutableState) accept(listeners []rollcall.Listener, refuseAsync func(*rollcall.Listener) error) error {
	if s.refuse != nil {
		return s.refuse(listeners)
	}
	problems := []error{invalid(listeners)}
	for i := range listeners {
		if l := &listeners[i]; l.Async != "" {
			problems = append(problems, refuseAsync(l))
		}
	}
	_, err := catalogOf(s.matcher.events).Resolve(listeners)
	return errors.Join(append(problems, err)...)
}

// with returns a state that also has the fresh members. The error joins all problems that
// they would make.
func (s *mutableState) with(fresh []member, band ordering.Band) (*mutableState, error) {
	members := slices.Concat(s.sorter.members, fresh)
	if band == ordering.Prepended {
		members = slices.Concat(fresh, s.sorter.members)
	}
	next, err := newMutableState(members, s.matcher.events, s.sorter.rules)
	problems := []error{withoutEntries(err), next.sorter.hintsAcrossKeys()}
	if band == ordering.Normal || len(next.sorter.rules) > 0 {
		problems = append(problems, next.sorter.cycles())
	}
	if err := errors.Join(problems...); err != nil {
		return nil, errors.Join(errlist.Distinct(err)...)
	}
	next.sorter.forgive()
	return next, nil
}

// withoutEntries drops the errors for entries of the application that nobody has or that
// don't listen. They were checked when the application started, and a removal may have
// left them behind.
func withoutEntries(err error) error {
	isEntry := func(err error) bool {
		unknown, deaf := (*ordering.UnknownTargetError)(nil), (*ordering.NotListeningError)(nil)
		return errors.As(err, &unknown) && unknown.Rule != "" || errors.As(err, &deaf) && deaf.Rule != ""
	}
	return errors.Join(slices.DeleteFunc(errlist.Leaves(err), isEntry)...)
}

// forgive makes the sorters of later states ignore hints to missing targets.
func (s *sorter) forgive() {
	for i := range s.members {
		s.members[i].forgive = true
	}
}

// typed returns the key of the declared type that has the key's name, or the key itself.
func (m *matcher) typed(k event.Key) event.Key {
	for _, e := range m.events {
		if k.Type() == nil && e.Name != "" && e.Name == k.Name() {
			return e.Key
		}
	}
	return k
}

// NewMutable returns a Mutable that waits for [bridge.Start]. Until then, refuse returns
// the error for listeners that are added, and for a call without listeners that of
// Listeners and Of.
func (bridge) NewMutable(_ friend.Key, refuse func([]rollcall.Listener) error) *Mutable {
	m := &Mutable{}
	s := m.current()
	s.refuse = refuse
	return m
}

// Start provides a Mutable from NewMutable with the listeners of an application, its events
// and rules. The function override may be nil. It may change the placement of each
// listener that is added later, and is called for one at a time.
func (bridge) Start(_ friend.Key, m *Mutable, from *Sorted, override func(*rollcall.Listener)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &sorter{members: slices.Clone(from.sorter.members), matcher: from.sorter.matcher, set: from.sorter.set, rules: from.sorter.rules}
	for i, x := range s.members {
		l := *x.Listener // a copy, because from keeps its own
		s.members[i] = m.member(&l, x.band)
	}
	s.forgive()
	m.override, m.refuseAsync = override, addedAsync
	m.replace(stateOf(s))
}

// Snapshot returns the listeners that a Mutable has now in a provider that never changes.
// Two calls return the same one if nothing has changed between them.
func (bridge) Snapshot(_ friend.Key, m *Mutable) *Sorted { return m.current().snapshot() }
