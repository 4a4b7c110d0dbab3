package ordering

import "slices"

// Rules are what an application decides about the order, beside what the listeners ask
// for. The zero Rules decide nothing.
type Rules struct {
	Sequences []Sequence
	Off       []Off
}

// Sequence says in which order some listeners run: all that a later entry means run after
// all that an earlier one means. It holds like hints of the later listeners, but never
// anchors them. See rule 8 of the package.
type Sequence struct {
	Events  []string // the events that it holds for; none means every event
	Entries []Entry
}

// Off removes the listeners that an entry means from events. See rule 9 of the package.
type Off struct {
	Events []string // the events that they leave; none means every event
	Entry
}

// Entry is a target that the application writes in a sequence, or to switch listeners
// off.
type Entry struct {
	Target
	Source string // where it is written, such as "services.yaml:3"
}

// SwitchedOff is a listener that is off in a dispatch.
type SwitchedOff struct {
	Item int   // index into the slice passed to NewSet
	By   Entry // what switched it off
}

// isFor reports whether the sequence holds in a dispatch of the events.
func (q *Sequence) isFor(events []string) bool {
	return len(q.Events) == 0 || slices.ContainsFunc(q.Events, func(e string) bool { return slices.Contains(events, e) })
}

// Sequences returns the sequences that hold in a dispatch that calls the listeners of all
// the given events.
func (s *Set) Sequences(events ...string) []Sequence {
	var held []Sequence
	for i := range s.rules.Sequences {
		if q := &s.rules.Sequences[i]; q.isFor(events) {
			held = append(held, *q)
		}
	}
	return held
}

// joined returns the rules as one.
func joined(rules []Rules) Rules {
	var all Rules
	for _, r := range rules {
		all.Sequences = append(all.Sequences, r.Sequences...)
		all.Off = append(all.Off, r.Off...)
	}
	return all
}

// RuleKind says which rule of an application an error is about.
type RuleKind string

// The rules in which an application names listeners.
const (
	InSequence RuleKind = "sequence"
	InOff      RuleKind = "off"
)

// indexOff finds for each item the rules that switch it off.
func (s *Set) indexOff() {
	for n, off := range s.rules.Off {
		for _, item := range s.meant(off.ID) {
			if s.off == nil {
				s.off = map[int32][]int32{}
			}
			s.off[item] = append(s.off[item], int32(n))
		}
	}
}

// meant returns the items that a target means, in all events.
func (s *Set) meant(target string) []int32 {
	if _, isLabel := labelOf(target); isLabel {
		if n := s.labelIndex(target); n > 0 {
			return s.labels[n-1].items
		}
		return nil
	}
	first, known := s.byID[target]
	if !known {
		return nil
	}
	var items []int32
	for i := first; i >= 0; i = s.sameID[i] {
		items = append(items, i)
	}
	return items
}

// offBy returns the number of the rule that switches an item off in a dispatch of the
// events, or -1. A rule for the dispatched event, which is the first, removes all
// listeners with the ID or label; a rule for another one removes its own listeners.
func (s *Set) offBy(item int32, events []string) int32 {
	for _, n := range s.off[item] {
		of := s.rules.Off[n].Events
		if len(of) == 0 {
			return n
		}
		for _, event := range of {
			if event == s.items[item].Event || event == events[0] {
				return n
			}
		}
	}
	return -1
}

// SwitchedOff returns the listeners that are off in a dispatch that calls the listeners of
// all the given events, in declared order. The first event is the dispatched one.
func (s *Set) SwitchedOff(events ...string) []SwitchedOff {
	var off []SwitchedOff
	if len(s.off) == 0 {
		return nil
	}
	for _, item := range s.listening(events) {
		if n := s.offBy(item, events); n >= 0 {
			off = append(off, SwitchedOff{int(item), s.rules.Off[n].Entry})
		}
	}
	return off
}
