package provider

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

// Mutable is a provider whose listeners are added and removed at run time. For each
// event, listeners from Prepend run first, the latest first. Then come those from Add,
// sorted by their placements as package ordering describes. Those from Append run last.
// The zero Mutable has no listeners and is ready to use.
//
// A change costs time in proportion to all listeners and their hints. Add also sorts all
// listeners, to find cycles. Between changes, a dispatch takes no lock and costs as much
// as with a provider that never changes.
type Mutable struct {
	mu    sync.Mutex // held while state is replaced
	state atomic.Pointer[mutableState]
}

// mutableState never changes.
type mutableState struct {
	*resolver
	sorter *sorter
	lease  *rollcall.Lease // ended when another state replaces this one
}

// Append adds a listener that runs after all others of its event, and returns a function
// that removes it. The function may be called more than once, even by the listener
// itself. The listener's placement is ignored.
//
// The error joins:
//
//   - a *rollcall.InvalidListenerError if the listener is invalid, or if a listener from
//     Add must run after it;
//   - a *rollcall.EventError if it is asynchronous or can't take its event;
//   - an *ordering.DuplicateError if its event has a listener with its ID.
func (m *Mutable) Append(l rollcall.Listener) (remove func(), err error) {
	return m.insert([]rollcall.Listener{l}, ordering.Appended)
}

// Prepend is like Append, but the listener runs before all others of its event. It
// returns an error if a listener from Add must run before this one.
func (m *Mutable) Prepend(l rollcall.Listener) (remove func(), err error) {
	return m.insert([]rollcall.Listener{l}, ordering.Prepended)
}

// Add adds a listener at the place that its placement asks for, and returns a function
// that removes it, like Append. Listeners with equal placements run in the order in which
// they were added. Each target that is not optional must exist already. If a target is
// removed later, hints to it are ignored.
//
// The error joins the errors of Append and of package ordering. It is a
// *rollcall.InvalidListenerError if the listener must run before one from Prepend or
// after one from Append.
func (m *Mutable) Add(l rollcall.Listener) (remove func(), err error) {
	return m.insert([]rollcall.Listener{l}, ordering.Normal)
}

// AddSubscriber is like Add for all subscriptions of s together. The returned function
// removes all of them. If there is an error, none is added.
func (m *Mutable) AddSubscriber(s rollcall.Subscriber) (remove func(), err error) {
	listeners, err := rollcall.FromValue(s, tags.Fields{})
	if err != nil {
		return nil, err
	}
	return m.insert(listeners, ordering.Normal)
}

// Remove removes the listener with this key and ID, and reports whether there was one.
func (m *Mutable) Remove(key event.Key, id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.drop(func(x member) bool { return x.ID == id && x.Event == key })
}

// Listeners returns the listeners of ev. If ev is nil, the error is a *rollcall.NilError.
func (m *Mutable) Listeners(ev any) (*rollcall.Listeners, error) { return m.current().Listeners(ev) }

// Of returns the listeners of a key, like [Sorted.Of].
func (m *Mutable) Of(key event.Key) (*rollcall.Listeners, error) { return m.current().Of(key) }

// Events returns the events that are listened to, interfaces last. An interface is left
// out if an event before it implements it.
func (m *Mutable) Events() []EventOrder {
	orders, _ := m.current().events() // no error is possible: the listeners were checked when they were added
	return orders
}

// All returns all listeners, sorted together. If hints of different events contradict
// each other, All sorts the listeners of each key instead, one key after another. For the
// exact order of one event, use Listeners or Of.
func (m *Mutable) All() []rollcall.Listener {
	s := m.current().sorter
	placed, err := s.place(event.Key{}, s.matcher.keys)
	if err != nil { // hints of different events contradict each other
		for _, k := range s.matcher.keys {
			ofOne, _ := s.place(k, []event.Key{k})
			placed = append(placed, ofOne...)
		}
	}
	listeners := make([]rollcall.Listener, len(placed))
	for i, p := range placed {
		listeners[i] = *s.members[p.Item].Listener
	}
	return listeners
}

// current returns the state. The zero Mutable gets its state on first use.
func (m *Mutable) current() *mutableState {
	if s := m.state.Load(); s != nil {
		return s
	}
	empty, _ := newMutableState(nil)
	m.state.CompareAndSwap(nil, empty)
	return m.state.Load()
}

func (m *Mutable) insert(listeners []rollcall.Listener, band ordering.Band) (func(), error) {
	if err := mistaken(listeners); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	listeners = copied(listeners)
	fresh, gone := make([]member, len(listeners)), make([]*rollcall.Listener, len(listeners))
	for i := range listeners {
		l := &listeners[i]
		fresh[i], gone[i] = member{Listener: l, band: band}, l
		rollcall.Internal.OnSpent(friend.Key{}, l, func() { m.removeAll([]*rollcall.Listener{l}) })
	}
	old := m.current().sorter.members
	added := slices.Concat(old, fresh)
	if band == ordering.Prepended {
		added = slices.Concat(fresh, old)
	}
	s, err := newMutableState(added)
	if band == ordering.Normal {
		err = errors.Join(err, s.sorter.cycles())
	}
	if err != nil {
		return nil, errors.Join(errlist.Distinct(err)...)
	}
	for i := range s.sorter.members {
		s.sorter.members[i].forgive = true
	}
	m.replace(s)
	return func() { m.removeAll(gone) }, nil
}

func (m *Mutable) replace(s *mutableState) {
	old := m.current()
	m.state.Store(s)
	old.lease.End()
}

func (m *Mutable) removeAll(gone []*rollcall.Listener) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(func(x member) bool { return slices.Contains(gone, x.Listener) })
}

// drop removes the members for which gone returns true, and reports whether there were
// any.
func (m *Mutable) drop(gone func(member) bool) bool {
	old := m.current().sorter.members
	left := slices.DeleteFunc(slices.Clone(old), gone)
	if len(left) == len(old) {
		return false
	}
	s, _ := newMutableState(left) // the only possible error is a missing target
	m.replace(s)
	return true
}

// newMutableState returns a state with the members. The error joins duplicates, bad
// targets and hints that contradict bands. A removal can only leave targets missing, and
// then the state is usable despite the error. newMutableState does not look for cycles:
// only an added listener can close one.
func newMutableState(members []member) (*mutableState, error) {
	sorter, err := newSorter(members, nil)
	lease := &rollcall.Lease{}
	s := &mutableState{sorter: sorter, lease: lease,
		resolver: &resolver{matcher: sorter.matcher, order: sorter.sort, leases: []*rollcall.Lease{lease}}}
	return s, withoutBands(err, func(e *ordering.BandError) error {
		return bandError(members[e.Hint.Item], members[e.Target], e.Hint.Side)
	})
}
