package ordering

import (
	"slices"

	"github.com/rollcall-go/rollcall/internal/suggest"
)

// checks finds what is wrong with the items and rules of a Set.
type checks struct {
	*Set
	ids, labels *suggest.Suggester
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
// event with the listener. The hints of a listener come before the entries of the
// application.
func (s *checks) badTargets() []error {
	var problems []error
	for i := range s.items {
		for _, h := range s.hintsOf(int32(i)) {
			target := s.target(int32(i), h)
			_, isLabel := target.Label()
			switch {
			case target.Optional || s.items[i].Forgiving:
			case isLabel && h.label == 0:
				problems = append(problems, &UnknownTargetError{Hint: s.public(int32(i), h), Suggestion: s.labels.Name(target.ID, "")})
			case isLabel: // where no member listens, it orders nothing
			case h.target < 0:
				problems = append(problems, &UnknownTargetError{
					Hint: s.public(int32(i), h), Suggestion: s.ids.Name(target.ID, s.items[i].ID),
				})
			case !s.meets(int32(i), h.target):
				problems = append(problems, &NotListeningError{
					Hint: s.public(int32(i), h), Event: s.items[i].Event,
					TargetSource: s.items[h.target].Source,
				})
			}
		}
	}
	return inChecks(append(problems, s.badEntries()...))
}

// inChecks returns the errors with unknown targets first.
func inChecks(problems []error) []error {
	isUnknown := func(err error) int {
		if _, ok := err.(*UnknownTargetError); ok {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(problems, func(a, b error) int { return isUnknown(a) - isUnknown(b) })
	return problems
}

// againstBands returns an error for each hint that contradicts the order of the bands,
// and for each target that the hint may refer to. Of a label, it names one member.
func (s *Set) againstBands() []error {
	if !s.banded {
		return nil
	}
	var problems []error
	edges := map[int32][]bandEdges{}
	for i := range s.items {
		for _, h := range s.hintsOf(int32(i)) {
			against := func(t int32) {
				problems = append(problems, &BandError{Target: int(t), TargetID: s.items[t].ID, Band: s.items[t].Band, Hint: s.public(int32(i), h), TargetSource: s.items[t].Source})
			}
			if h.label > 0 {
				if t := s.memberAgainstBands(int32(i), h, edges); t >= 0 {
					against(t)
				}
				continue
			}
			for t := h.target; t >= 0; t = s.sameID[t] {
				if s.contradicts(int32(i), t, h.side) && s.share(s.items[i].Event, s.items[t].Event) {
					against(t)
				}
			}
		}
	}
	return problems
}

// badEntries returns the errors for entries that nobody has, and for entries that share no
// event with their rule.
func (s *checks) badEntries() []error {
	var problems []error
	check := func(kind RuleKind, events []string, e Entry) {
		if e.Optional {
			return
		}
		h := Hint{Item: -1, Target: e.ID, Source: e.Source}
		if _, isLabel := e.Label(); isLabel {
			if s.labelIndex(e.ID) == 0 {
				problems = append(problems, &UnknownTargetError{Hint: h, Rule: kind, Suggestion: s.labels.Name(e.ID, "")})
			}
			return
		}
		switch first, known := s.byID[e.ID]; {
		case !known:
			problems = append(problems, &UnknownTargetError{Hint: h, Rule: kind, Suggestion: s.ids.Name(e.ID, "")})
		case len(events) > 0 && !s.hearsAny(first, events):
			problems = append(problems, &NotListeningError{Hint: h, Rule: kind, Event: events[0], TargetSource: s.items[first].Source})
		}
	}
	for _, q := range s.rules.Sequences {
		for _, e := range q.Entries {
			check(InSequence, q.Events, e)
		}
	}
	for _, off := range s.rules.Off {
		check(InOff, off.Events, off.Entry)
	}
	return problems
}

// meets reports whether some item with the target's ID may run together with item.
func (s *Set) meets(item, target int32) bool {
	event := s.items[item].Event
	if _, ok := s.of(target, event); ok || s.overlap == nil {
		return ok
	}
	for t := target; t >= 0; t = s.sameID[t] {
		if s.share(event, s.items[t].Event) {
			return true
		}
	}
	return false
}

// hearsAny reports whether an item with the ID of the item first may be called by a
// dispatch of one of the events.
func (s *Set) hearsAny(first int32, events []string) bool {
	for i := first; i >= 0; i = s.sameID[i] {
		for _, event := range events {
			if s.share(event, s.items[i].Event) {
				return true
			}
		}
	}
	return false
}
