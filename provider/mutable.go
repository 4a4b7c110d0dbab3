package provider

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/joined"
	"github.com/rollcall-go/rollcall/ordering"
)

// Mutable is a provider whose listeners come and go at run time. For each
// event, those that were prepended run first, the latest first; then those
// that were added, by their placements, as package ordering describes; then
// those that were appended. The zero Mutable has no listeners.
//
// A change costs time in proportion to the listeners and their hints, and Add
// sorts the listeners of every key that has hints besides, to find cycles. A
// dispatch takes no lock.
type Mutable struct {
	mu    sync.Mutex // held while state is replaced
	state atomic.Pointer[mutableState]
}

// mutableState never changes.
type mutableState struct {
	members []*member // in the order in which they run, but for the added ones' placements
	sorter  *sorter   // of the added ones
	table   *table
}

// member is one listener at its zone; its address is its identity.
type member struct {
	Listener
	zone  zone
	fresh bool // being added: its targets must be there
}

// placement is the listener's; of one that was accepted before, targets that
// are gone count as not written.
func (x *member) placement() ordering.Placement {
	p := x.Placement
	if !x.fresh {
		p.Before, p.After = optional(p.Before), optional(p.After)
	}
	return p
}

func optional(targets []ordering.Target) []ordering.Target {
	targets = slices.Clone(targets)
	for i := range targets {
		targets[i].Optional = true
	}
	return targets
}

// Append adds a listener behind all others of its event and returns a function
// that removes it, which may be called more than once and by the listener
// itself. The listener's placement is not looked at. The error is an
// *EventTypeError, an *UnknownEventError, an *ordering.DuplicateError where the
// ID is taken for that event, or an *InvalidListenerError, also where an added
// listener must run after this one.
func (m *Mutable) Append(l Listener) (remove func(), err error) {
	return m.insert([]Listener{l}, appended)
}

// Prepend is Append in front of all others, where no added listener may have to
// run before this one.
func (m *Mutable) Prepend(l Listener) (remove func(), err error) {
	return m.insert([]Listener{l}, prepended)
}

// Add adds a listener at its placement; equal ones keep the order in which
// they were added. The error is that of Append, or joins those of package
// ordering: a target must be there, be it prepended, added or appended. A hint
// against these zones is an *InvalidListenerError. Targets that are removed later
// count as not written.
func (m *Mutable) Add(l Listener) (remove func(), err error) {
	return m.insert([]Listener{l}, added)
}

// AddSubscriber adds all subscriptions of s, or none where the error is not
// nil, and returns a function that removes them.
func (m *Mutable) AddSubscriber(s Subscriber) (remove func(), err error) {
	listeners, err := subscriptionsOf(s)
	if err != nil {
		return nil, err
	}
	return m.insert(listeners, added)
}

// Remove removes the listener with this ID of this event, and says whether
// there was one.
func (m *Mutable) Remove(key event.Key, id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.drop(func(x *member) bool { return x.ID == id && x.Event == key })
}

// Listeners gives the listeners of ev. The error is a *NoEventError for nil.
func (m *Mutable) Listeners(ev any) (*List, error) {
	if ev == nil {
		return nil, &NoEventError{}
	}
	s := m.state.Load()
	if s == nil {
		return nil, nil
	}
	return s.table.lookup(ev)
}

// ListenersOf gives the listeners of the events of type t, ForNow.
func (m *Mutable) ListenersOf(t reflect.Type) (*List, Validity, error) {
	s := m.state.Load()
	if s == nil {
		return nothingFor(t)
	}
	return s.table.lookupType(t, ForNow)
}

// All gives all listeners: the prepended, the added, the appended ones.
func (m *Mutable) All() []Listener {
	var all []Listener
	for _, x := range m.members() {
		all = append(all, x.Listener)
	}
	return all
}

func (m *Mutable) members() []*member {
	if s := m.state.Load(); s != nil {
		return s.members
	}
	return nil
}

func (m *Mutable) insert(listeners []Listener, z zone) (func(), error) {
	if err := mistaken(listeners); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := make([]*member, len(listeners))
	for i, l := range copied(listeners) {
		fresh[i] = &member{Listener: l, zone: z, fresh: true}
		m.dropWhenSpent(fresh[i])
	}
	s, err := newMutableState(place(m.members(), fresh, z))
	if z == added {
		err = errors.Join(err, s.sorter.cycles())
	}
	if err != nil {
		return nil, errors.Join(joined.Distinct(err)...)
	}
	for _, x := range fresh {
		x.fresh = false
	}
	m.state.Store(s)
	return func() { m.removeAll(fresh) }, nil
}

// dropWhenSpent makes a once listener leave after its call.
func (m *Mutable) dropWhenSpent(x *member) {
	if x.once != nil {
		x.once = &onceState{spent: func() { m.removeAll([]*member{x}) }}
	}
}

// place puts the fresh members into their zone.
func place(members, fresh []*member, z zone) []*member {
	if z == prepended {
		return slices.Concat(fresh, members)
	}
	at := len(members)
	for at > 0 && members[at-1].zone > z {
		at--
	}
	return slices.Insert(slices.Clone(members), at, fresh...)
}

func (m *Mutable) removeAll(gone []*member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(func(x *member) bool { return slices.Contains(gone, x) })
}

// drop says whether there was anything to drop.
func (m *Mutable) drop(gone func(*member) bool) bool {
	old := m.members()
	left := slices.DeleteFunc(slices.Clone(old), gone)
	if len(left) == len(old) {
		return false
	}
	s, _ := newMutableState(left) // only targets can be missing now
	m.state.Store(s)
	return true
}

// newMutableState also returns what duplicates and bad targets there are; after a
// removal, which can only leave targets missing, the state may be used all the
// same. Only what is added can close a cycle.
func newMutableState(members []*member) (*mutableState, error) {
	byZone := [3][]Listener{}
	all := make([]Listener, len(members))
	for i, x := range members {
		byZone[x.zone] = append(byZone[x.zone], x.Listener)
		all[i] = x.Listener
	}
	matcher := newMatcher(nil, keysOf(all))
	placements, zoneErr := placementsOfAdded(members, matcher)
	sorted, err := newSorter(byZone[added], placements, nil)
	arrange := func(keys []event.Key) (*List, error) {
		middle, err := sorted.sort(sorted.matcher.onlyHeard(keys))
		if err != nil {
			return nil, err
		}
		return surround(of(byZone[prepended], keys), middle, of(byZone[appended], keys)), nil
	}
	s := &mutableState{members: members, sorter: sorted, table: newTable(matcher, arrange)}
	return s, errors.Join(duplicateIDs(all), zoneErr, err)
}

// of gives the listeners of any of the keys.
func of(listeners []Listener, keys []event.Key) []*Listener {
	var heard []*Listener
	for i := range listeners {
		if slices.Contains(keys, listeners[i].Event) {
			heard = append(heard, &listeners[i])
		}
	}
	return heard
}

func surround(head []*Listener, middle *List, tail []*Listener) *List {
	if len(head) == 0 && len(tail) == 0 {
		return middle
	}
	if middle == nil {
		return newList(append(head, tail...), nil)
	}
	reasons := make([]*ordering.Reason, len(head), len(head)+middle.Len()+len(tail))
	reasons = append(append(reasons, middle.reasonsOfAll()...), make([]*ordering.Reason, len(tail))...)
	return newList(slices.Concat(head, middle.listeners, tail), reasons)
}
