package ordering

import (
	"errors"
	"slices"

	"github.com/rollcall-go/rollcall/internal/suggest"
)

// Set sorts the items of several events together. Use it if events overlap: for example,
// an event may go to the listeners of its type and of its interfaces. Otherwise use
// [Sort]. A Set checks and indexes its items once. It is immutable and may be used
// concurrently. Make it with [NewSet].
type Set struct {
	items   []Item
	rules   Rules
	overlap func(a, b string) bool // for different events; nil if none overlap
	events  []string               // in order of first appearance
	byEvent map[string][]int32     // items in declared order
	banded  bool                   // some items are not in the Normal band

	// The items with one ID are a linked list in declared order. byID has the first item,
	// and sameID leads from one item to the next. -1 ends the list.
	byID   map[string]int32
	sameID []int32
	// inEvent finds the item of an event if several items have the same ID.
	inEvent map[inEvent]int32

	hints     []hint
	hintStart []int32 // hints of item i: hints[hintStart[i]:hintStart[i+1]], after hints first

	labels  []label
	byLabel map[string]int32 // name → number, which is the index and 1
	// Labels of item i: labelsOf[labelStart[i]:labelStart[i+1]], if there are any.
	labelsOf, labelStart []int32

	off map[int32][]int32 // item → the indexes of rules.Off that mean it
}

// inEvent identifies an item by the first item with the same ID, and by the event.
type inEvent struct {
	first int32
	event string
}

// hint is a resolved target: the first item with its ID, or -1. A target that is a label
// has its number, and -1 for the item.
type hint struct {
	target int32
	label  int32 // 0 for an ID, and for a label that nobody has
	index  int32 // in the placement's list
	side   side
}

// side is Side as a number.
type side int8

const (
	before side = iota
	after
)

func (s side) name() Side {
	if s == before {
		return Before
	}
	return After
}

// NewSet checks and indexes the items. The Set keeps the slices, so they must not be
// changed afterwards. The function overlap reports whether one dispatch may call
// listeners of both events. It is only called for different events; nil means that no
// events overlap. Several rules add up.
//
// The error joins a *DuplicateError, *UnknownTargetError, *NotListeningError or
// *BandError for each problem. The Set is usable even if the error is not nil: it ignores
// these hints and entries.
func NewSet(items []Item, overlap func(a, b string) bool, rules ...Rules) (*Set, error) {
	s := &Set{items: items, rules: joined(rules), overlap: overlap, byEvent: map[string][]int32{}, byID: make(map[string]int32, len(items))}
	s.index()
	s.indexLabels()
	s.indexOff()
	s.resolve()
	c := &checks{Set: s, ids: suggest.NewSuggester(s.ids), labels: suggest.NewSuggester(s.labelNames)}
	return s, errors.Join(slices.Concat(s.duplicates(), c.badTargets(), s.againstBands())...)
}

func (s *Set) index() {
	s.sameID = make([]int32, len(s.items))
	s.inEvent = map[inEvent]int32{}
	last := make(map[string]int32)
	for i := range s.items {
		it, n := &s.items[i], int32(i)
		s.banded = s.banded || it.Band != Normal
		if _, seen := s.byEvent[it.Event]; !seen {
			s.events = append(s.events, it.Event)
		}
		s.byEvent[it.Event] = append(s.byEvent[it.Event], n)
		s.sameID[i] = -1
		first, seen := s.byID[it.ID]
		if !seen {
			s.byID[it.ID] = n
			continue
		}
		previous, several := last[it.ID]
		if !several {
			previous = first
			s.inEvent[inEvent{first, s.items[first].Event}] = first
		}
		s.sameID[previous], last[it.ID] = n, n
		if _, twice := s.inEvent[inEvent{first, it.Event}]; !twice {
			s.inEvent[inEvent{first, it.Event}] = n
		}
	}
}

// resolve looks up each target once.
func (s *Set) resolve() {
	total := 0
	for i := range s.items {
		total += len(s.items[i].Placement.Before) + len(s.items[i].Placement.After)
	}
	s.hints = make([]hint, 0, total)
	s.hintStart = make([]int32, len(s.items)+1)
	for i := range s.items {
		s.hintStart[i] = int32(len(s.hints))
		s.resolveTargets(s.items[i].Placement.After, after)
		s.resolveTargets(s.items[i].Placement.Before, before)
	}
	s.hintStart[len(s.items)] = int32(len(s.hints))
}

func (s *Set) resolveTargets(targets []Target, side side) {
	for i, t := range targets {
		h := hint{target: -1, index: int32(i), side: side}
		if _, isLabel := t.Label(); isLabel {
			h.label = s.labelIndex(t.ID)
		} else if first, ok := s.byID[t.ID]; ok {
			h.target = first
		}
		s.hints = append(s.hints, h)
	}
}

func (s *Set) hintsOf(item int32) []hint {
	return s.hints[s.hintStart[item]:s.hintStart[item+1]]
}

// target returns the target of a hint as it is written in the item's placement.
func (s *Set) target(item int32, h hint) Target {
	if h.side == before {
		return s.items[item].Placement.Before[h.index]
	}
	return s.items[item].Placement.After[h.index]
}

// public converts a hint of the item to the form in results and errors.
func (s *Set) public(item int32, h hint) Hint {
	it := &s.items[item]
	return Hint{Listener: it.ID, Item: int(item), Side: h.side.name(), Target: s.target(item, h).ID, Source: it.hintSource(), Registered: it.Source}
}

// contradicts reports whether the bands put the item on the other side of target.
func (s *Set) contradicts(item, target int32, side side) bool {
	if side == before {
		item, target = target, item
	}
	return s.items[item].Band < s.items[target].Band
}

// share reports whether one dispatch may call listeners of both events.
func (s *Set) share(a, b string) bool { return a == b || s.overlap != nil && s.overlap(a, b) }

// of returns the item of an event that has the same ID as the item first.
func (s *Set) of(first int32, event string) (int32, bool) {
	if s.sameID[first] < 0 {
		return first, s.items[first].Event == event
	}
	item, ok := s.inEvent[inEvent{first, event}]
	return item, ok
}

// ids lists every ID once, in declared order.
func (s *Set) ids() []string {
	ids := make([]string, 0, len(s.byID))
	for i := range s.items {
		if s.byID[s.items[i].ID] == int32(i) {
			ids = append(ids, s.items[i].ID)
		}
	}
	return ids
}

// Sort orders the items of all the given events together, for a dispatch that calls all
// of them. The first is the dispatched event. It ignores hints whose targets are not among
// these items, and leaves out items that are off. Unknown events have no items. The error
// joins a *BandError for each sequence that contradicts the order of the bands, and a
// *CycleError for each cycle found. Cycles that share a listener are not all reported at
// once.
func (s *Set) Sort(events ...string) ([]Placed, error) {
	g, err := newGraph(s, s.members(events), events)
	if len(g.members) == 0 {
		return nil, err
	}
	place := g.prefer()
	moves, ok := g.toposort(&place)
	if !ok {
		return nil, errors.Join(err, g.cycles(events))
	}
	if err != nil {
		return nil, err
	}
	return g.placed(place, moves), nil
}

// members returns the items of all the events that are not off, in declared order.
func (s *Set) members(events []string) []int32 {
	all := s.listening(events)
	if len(s.off) == 0 {
		return all
	}
	on := make([]int32, 0, len(all))
	for _, item := range all {
		if s.offBy(item, events) < 0 {
			on = append(on, item)
		}
	}
	return on
}

// listening returns the items of all the events in declared order, also those that are
// off.
func (s *Set) listening(events []string) []int32 {
	if len(events) == 1 {
		return s.byEvent[events[0]]
	}
	var members []int32
	for _, event := range events {
		members = append(members, s.byEvent[event]...)
	}
	slices.Sort(members)
	return slices.Compact(members)
}
