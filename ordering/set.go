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
	events  []string           // in order of first appearance
	byEvent map[string][]int32 // items in declared order
	banded  bool               // some items are not in the Normal band

	// The items with one ID are a linked list in declared order. byID has the first item,
	// and sameID leads from one item to the next. -1 ends the list.
	byID   map[string]int32
	sameID []int32
	// inEvent finds the item of an event if several items have the same ID.
	inEvent map[inEvent]int32

	hints     []hint
	hintStart []int32 // hints of item i: hints[hintStart[i]:hintStart[i+1]], after hints first
}

// inEvent identifies an item by the first item with the same ID, and by the event.
type inEvent struct {
	first int32
	event string
}

// hint is a resolved target: the first item with its ID, or -1.
type hint struct {
	target int32
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

// NewSet checks and indexes the items. The Set keeps the slice, so the slice must not be
// changed afterwards. The function overlap reports whether one dispatch may call
// listeners of both events. It is only called for different events; nil means that no
// events overlap.
//
// The error joins a *DuplicateError, *UnknownTargetError, *NotListeningError or
// *BandError for each problem. The Set is usable even if the error is not nil: it ignores
// these hints.
func NewSet(items []Item, overlap func(a, b string) bool) (*Set, error) {
	s := &Set{items: items, byEvent: map[string][]int32{}, byID: make(map[string]int32, len(items))}
	s.index()
	s.resolve()
	problems := append(s.duplicates(), s.badTargets(overlap)...)
	return s, errors.Join(append(problems, s.againstBands(overlap)...)...)
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
		first, ok := s.byID[t.ID]
		if !ok {
			first = -1
		}
		s.hints = append(s.hints, hint{target: first, index: int32(i), side: side})
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

func (s *Set) duplicates() []error {
	var problems []error
	for first := range s.items {
		// Only the first item with an ID follows the list, so the total time is linear.
		if s.byID[s.items[first].ID] == int32(first) && s.sameID[first] >= 0 {
			problems = append(problems, s.duplicatesOf(int32(first))...)
		}
	}
	slices.SortStableFunc(problems, func(a, b error) int {
		return a.(*DuplicateError).Items[1] - b.(*DuplicateError).Items[1]
	})
	return problems
}

func (s *Set) duplicatesOf(first int32) []error {
	var problems []error
	seen := map[string]int32{}
	for i := first; i >= 0; i = s.sameID[i] {
		it := &s.items[i]
		j, twice := seen[it.Event]
		if !twice {
			seen[it.Event] = i
			continue
		}
		problems = append(problems, &DuplicateError{
			Items: [2]int{int(j), int(i)}, ID: it.ID, Event: it.Event,
			Sources: [2]string{s.items[j].Source, it.Source},
		})
	}
	return problems
}

// badTargets returns the errors for unknown targets, then those for targets that share no
// event with the listener.
func (s *Set) badTargets(overlap func(a, b string) bool) []error {
	var unknown, deaf []error
	suggester := suggest.NewSuggester(s.ids)
	for i := range s.items {
		for _, h := range s.hintsOf(int32(i)) {
			switch target := s.target(int32(i), h); {
			case target.Optional || s.items[i].Forgiving:
			case h.target < 0:
				unknown = append(unknown, &UnknownTargetError{
					Hint: s.public(int32(i), h), Suggestion: suggester.Name(target.ID, s.items[i].ID),
				})
			case !s.meets(int32(i), h.target, overlap):
				deaf = append(deaf, &NotListeningError{
					Hint: s.public(int32(i), h), Event: s.items[i].Event,
					TargetSource: s.items[h.target].Source,
				})
			}
		}
	}
	return append(unknown, deaf...)
}

// againstBands returns an error for each hint that contradicts the order of the bands,
// and for each target that the hint may refer to.
func (s *Set) againstBands(overlap func(a, b string) bool) []error {
	if !s.banded {
		return nil
	}
	var problems []error
	for i := range s.items {
		for _, h := range s.hintsOf(int32(i)) {
			for t := h.target; t >= 0; t = s.sameID[t] {
				if s.contradicts(int32(i), t, h.side) && s.share(int32(i), t, overlap) {
					problems = append(problems, &BandError{Target: int(t), Hint: s.public(int32(i), h), TargetSource: s.items[t].Source})
				}
			}
		}
	}
	return problems
}

// contradicts reports whether the bands put the item on the other side of target.
func (s *Set) contradicts(item, target int32, side side) bool {
	if side == before {
		item, target = target, item
	}
	return s.items[item].Band < s.items[target].Band
}

// share reports whether one dispatch may call both items.
func (s *Set) share(a, b int32, overlap func(a, b string) bool) bool {
	e, f := s.items[a].Event, s.items[b].Event
	return e == f || overlap != nil && overlap(e, f)
}

// meets reports whether some item with the target's ID may run together with item.
func (s *Set) meets(item, target int32, overlap func(a, b string) bool) bool {
	event := s.items[item].Event
	if _, ok := s.of(target, event); ok || overlap == nil {
		return ok
	}
	for t := target; t >= 0; t = s.sameID[t] {
		other := s.items[t].Event
		if overlap(event, other) {
			return true
		}
	}
	return false
}

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
// of them. It ignores hints whose targets are not among these items. Unknown events have
// no items. The error joins a *CycleError for each cycle found. Cycles that share a
// listener are not all reported at once.
func (s *Set) Sort(events ...string) ([]Placed, error) {
	g := newGraph(s, s.members(events), events)
	if len(g.members) == 0 {
		return nil, nil
	}
	place := g.prefer()
	moves, ok := g.toposort(&place)
	if !ok {
		return nil, g.cycles(events)
	}
	return g.placed(place, moves), nil
}

// members returns the items of all the events in declared order.
func (s *Set) members(events []string) []int32 {
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
