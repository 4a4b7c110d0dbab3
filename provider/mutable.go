package provider

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

// Mutable is a provider whose listeners are added and removed at run time. For each
// event, listeners from Prepend run first, the latest first. Then come those from Add,
// sorted by their placements as package ordering describes. Those from Append run last.
// The zero Mutable has no listeners and is ready to use.
//
// The Mutable of an application with fxevents.Runtime begins with the listeners of the
// container, in their declared order. What is added is sorted together with them, under
// the rules of the application, and declared after them. It can't be asynchronous, because
// receivers are declared when the application starts. Asynchronous listeners of the
// container run after all others and can't be removed.
//
// A change costs time in proportion to all listeners and their hints. Add also sorts all
// listeners, to find cycles. With 1,000 listeners, an Add and its removal take about 3 ms
// (go test -run '^$' -bench MutableAdd ./provider). Between changes, a dispatch takes no lock and costs as much
// as with a provider that never changes.
type Mutable struct {
	mu    sync.Mutex // held while state is replaced
	state atomic.Pointer[mutableState]

	// Set in an application:
	override    func(*rollcall.Listener)       // changes the placement of a listener that is added
	refuseAsync func(*rollcall.Listener) error // returns the error for an asynchronous one
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
//   - an *ordering.DuplicateError if its event has a listener with its ID;
//   - an *ordering.BandError if a sequence of the application contradicts its place.
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
// after one from Append, and a *rollcall.EventError if it must run after an asynchronous
// one.
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

// Remove removes the listener with this key and ID, and reports whether there was one. A
// declared event may be named by its type or by its name. Remove does not remove an
// asynchronous listener, and returns false for it.
func (m *Mutable) Remove(key event.Key, id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	typed := m.current().matcher.typed(key)
	return m.drop(func(x member) bool {
		return x.ID == id && (x.Event == key || x.Event == typed) && x.Async == ""
	})
}

// Listeners returns the listeners of ev. If ev is nil, the error is a *rollcall.NilError.
// If the application declares events, it may be an *IndirectionError, as for
// [Sorted.Listeners].
func (m *Mutable) Listeners(ev any) (*rollcall.Listeners, error) {
	s := m.current()
	if s.refuse != nil {
		return nil, s.refuse(nil)
	}
	return s.Listeners(ev)
}

// Of returns the listeners of a key, like [Sorted.Of].
func (m *Mutable) Of(key event.Key) (*rollcall.Listeners, error) {
	s := m.current()
	if s.refuse != nil {
		return nil, s.refuse(nil)
	}
	return s.Of(key)
}

// Events returns the declared events and those that are listened to, like [Sorted.Events].
// The first call after a change costs a sort of each event.
func (m *Mutable) Events() []EventOrder { return m.current().snapshot().Events() }

// All returns all listeners, sorted together. Those that the application has switched off
// come last. If hints of different events contradict each other, All sorts the listeners of
// each key instead, one key after another. For the exact order of one event, use Listeners
// or Of.
func (m *Mutable) All() []rollcall.Listener {
	s := m.current().sorter
	placed, err := s.place(event.Key{}, s.matcher.keys)
	if err != nil { // hints of different events contradict each other
		placed = nil
		for _, k := range s.matcher.keys {
			ofOne, _ := s.place(k, []event.Key{k})
			placed = append(placed, ofOne...)
		}
	}
	listeners, on := make([]rollcall.Listener, 0, len(s.members)), make([]bool, len(s.members))
	for _, p := range placed {
		listeners, on[p.Item] = append(listeners, *s.members[p.Item].Listener), true
	}
	for i, x := range s.members {
		if !on[i] {
			listeners = append(listeners, *x.Listener)
		}
	}
	return listeners
}

// current returns the state. The zero Mutable gets its state on first use.
func (m *Mutable) current() *mutableState {
	if s := m.state.Load(); s != nil {
		return s
	}
	empty, _ := newMutableState(nil, nil, nil)
	m.state.CompareAndSwap(nil, empty)
	return m.state.Load()
}

func (m *Mutable) insert(listeners []rollcall.Listener, band ordering.Band) (func(), error) {
	listeners = copied(listeners)
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.current()
	refuseAsync := m.refuseAsync
	if refuseAsync == nil {
		refuseAsync = unpublished
	}
	if err := old.accept(listeners, refuseAsync); err != nil {
		return nil, err
	}
	fresh, gone := make([]member, len(listeners)), make([]*rollcall.Listener, len(listeners))
	for i := range listeners {
		l := &listeners[i]
		if m.override != nil {
			m.override(l)
		}
		fresh[i], gone[i] = m.member(l, band), l
	}
	s, err := old.with(fresh, band)
	if err != nil {
		return nil, err
	}
	m.replace(s)
	return func() { m.removeAll(gone) }, nil
}

// member returns a member that is removed before its only call, if it is one of
// rollcall.Once.
func (m *Mutable) member(l *rollcall.Listener, band ordering.Band) member {
	rollcall.Internal.OnSpent(friend.Key{}, l, func() { m.removeAll([]*rollcall.Listener{l}) })
	return member{Listener: l, band: band}
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
	old := m.current()
	left := slices.DeleteFunc(slices.Clone(old.sorter.members), gone)
	if len(left) == len(old.sorter.members) {
		return false
	}
	s, _ := newMutableState(left, old.matcher.events, old.sorter.rules) // the only possible error is a missing target
	m.replace(s)
	return true
}
