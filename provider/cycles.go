package provider

import (
	"errors"
	"slices"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/ordering"
)

// ahead says of which keys a listener must run before one of another key, or of
// the same. It tells where there can be no cycle, so that nothing need be sorted.
type ahead map[event.Key]map[event.Key]bool

func newAhead(members []member) ahead {
	a, heard := ahead{}, map[string]*hearing{}
	for _, m := range members {
		id := m.ID
		if heard[id] == nil {
			heard[id] = &hearing{types: map[event.Key]bool{}}
		}
		heard[id].add(m.Event)
	}
	for _, m := range members {
		key, placement := m.Event, m.placement()
		eachKey(key, placement.Before, heard, func(target event.Key) { a.put(key, target) })
		eachKey(key, placement.After, heard, func(target event.Key) { a.put(target, key) })
	}
	return a
}

// hearing is what the listeners of an ID listen to. No event is of two types, so of
// many types only one matters to a listener of a type.
type hearing struct {
	types  map[event.Key]bool
	others []event.Key // names and interfaces
}

func (h *hearing) add(k event.Key) {
	if isOneType(k) {
		h.types[k] = true
		return
	}
	h.others = append(h.others, k)
}

func isOneType(k event.Key) bool { return k.Type() != nil && !k.IsInterface() }

func eachKey(of event.Key, targets []ordering.Target, heard map[string]*hearing, do func(event.Key)) {
	for _, t := range targets {
		h := heard[t.ID]
		if h == nil {
			continue
		}
		for _, k := range h.others {
			do(k)
		}
		if isOneType(of) {
			if h.types[of] {
				do(of)
			}
			continue
		}
		for k := range h.types {
			do(k)
		}
	}
}

func (a ahead) put(earlier, later event.Key) {
	if a[earlier] == nil {
		a[earlier] = map[event.Key]bool{}
	}
	a[earlier][later] = true
}

// hints says whether there is one among the keys.
func (a ahead) hints(keys []event.Key) bool {
	return slices.ContainsFunc(keys, func(k event.Key) bool { return a.ofAny(k, keys) })
}

// closes says whether k may close a cycle that the other keys are without: it must
// be ahead of one of them, and one of them ahead of it.
func (a ahead) closes(k event.Key, others []event.Key) bool {
	return a.ofAny(k, others) && slices.ContainsFunc(others, func(o event.Key) bool { return a[o][k] })
}

func (a ahead) ofAny(k event.Key, others []event.Key) bool {
	later := a[k]
	return len(later) > 0 && slices.ContainsFunc(others, func(o event.Key) bool { return later[o] })
}

// cycles are those of any event that is listened to.
func (s *sorter) cycles() error {
	a := newAhead(s.members)
	var problems []error
	for _, k := range s.matcher.keys {
		if keys := s.matcher.match(k.Type(), k.Name()); a.hints(keys) {
			_, err := s.place(keys)
			problems = append(problems, err)
		}
	}
	return errors.Join(append(problems, s.cyclesOfUnknown(a))...)
}

// cyclesOfUnknown are those that an event may meet whose type or name is not
// known now: it may implement every interface that is listened to or declared
// with a name, and have any name of its own, if no declared type has it, or an
// interface, or its type has an EventName method. What such a type meets without
// that name is looked at elsewhere.
func (s *sorter) cyclesOfUnknown(a ahead) error {
	unknown := s.matcher.unknown()
	_, err := s.place(unknown)
	problems := []error{err}
	var named [][]event.Key
	for _, t := range s.matcher.namedTypes() {
		named = append(named, s.matcher.match(t, ""))
	}
	for _, k := range s.matcher.keys {
		if k.Type() != nil || len(a[k]) == 0 {
			continue
		}
		if s.matcher.mayNameUnknown(k.Name()) {
			problems = append(problems, s.cyclesThrough(k, unknown, a))
		}
		for _, keys := range named {
			problems = append(problems, s.cyclesThrough(k, keys, a))
		}
	}
	return errors.Join(problems...)
}

// cyclesThrough are those that k and the other keys have only together.
func (s *sorter) cyclesThrough(k event.Key, others []event.Key, a ahead) error {
	if !a.closes(k, others) || slices.Contains(others, k) {
		return nil
	}
	_, err := s.place(append(slices.Clone(others), k))
	return err
}
