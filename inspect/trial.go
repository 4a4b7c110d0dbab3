package inspect

import (
	"cmp"
	"slices"

	"github.com/rollcall-go/rollcall/ordering"
)

// trial sorts the listeners of an event without some hints, and compares the orders. It
// drops each hint alone, and together with all hints found idle so far. So the hints that
// a report lists can be dropped one by one or together.
type trial struct {
	items   []ordering.Item // in declared order
	without []ordering.Item // the items without idle hints
	order   []int           // indexes of the items as they run
	byID    map[string]int
	rules   ordering.Rules
}

// maxTrial limits the listeners and the hints of an event that is tried. Each trial is a
// sort.
const maxTrial = 100

// newTrial returns nil if the event is too large, if an ID listens to it twice, or if the
// declared order is not known. A nil trial finds nothing idle.
func newTrial(all []placed, groups groups, sequences []ordering.Sequence) *trial {
	unknown := func(x placed) bool { return x.declared < 0 }
	if len(all) > maxTrial || len(groups.broken) == 0 || slices.ContainsFunc(all, unknown) {
		return nil
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.declared, b.declared) })
	t := &trial{byID: map[string]int{}, rules: forAll(sequences)}
	hints := 0
	for i, x := range all {
		absent := func(target ordering.Target) bool { return !groups.has(target.ID) }
		p := x.placement
		p.Before = slices.DeleteFunc(slices.Clone(p.Before), absent)
		p.After = slices.DeleteFunc(slices.Clone(p.After), absent)
		hints += len(p.Before) + len(p.After)
		it := ordering.Item{ID: x.ID, Placement: p, Key: x.Async}
		if x.Async != "" {
			it.Band = ordering.Asynchronous
		}
		t.items = append(t.items, it)
		t.byID[x.ID] = i
	}
	if hints > maxTrial || len(t.byID) != len(all) {
		return nil
	}
	t.without = slices.Clone(t.items)
	if t.order = t.sorted(t.items); t.order == nil {
		return nil
	}
	return t
}

// sorted returns the order of items, or nil if they have none.
func (t *trial) sorted(items []ordering.Item) []int {
	orders, err := ordering.Sort(items, t.rules)
	if err != nil || len(orders) != 1 {
		return nil
	}
	order := make([]int, len(items))
	for i, p := range orders[0].Placed {
		order[i] = p.Item
	}
	return order
}

// forAll returns the sequences for every event, with entries that may be absent.
func forAll(sequences []ordering.Sequence) (r ordering.Rules) {
	for _, q := range sequences {
		entries := slices.Clone(q.Entries)
		for i := range entries {
			entries[i].Optional = true
		}
		r.Sequences = append(r.Sequences, ordering.Sequence{Entries: entries})
	}
	return r
}

// idle reports whether the order is the same without a hint.
func (t *trial) idle(id string, side ordering.Side, target string) bool {
	if t == nil {
		return false
	}
	i := t.byID[id]
	alone, together := slices.Clone(t.items), slices.Clone(t.without)
	alone[i].Placement = dropped(alone[i].Placement, side, target)
	together[i].Placement = dropped(together[i].Placement, side, target)
	if !slices.Equal(t.sorted(alone), t.order) || !slices.Equal(t.sorted(together), t.order) {
		return false
	}
	t.without = together
	return true
}

// dropped returns a placement without a hint.
func dropped(p ordering.Placement, side ordering.Side, target string) ordering.Placement {
	without := func(list []ordering.Target) []ordering.Target {
		return slices.DeleteFunc(slices.Clone(list), func(x ordering.Target) bool { return x.ID == target })
	}
	if side == ordering.Before {
		p.Before = without(p.Before)
	} else {
		p.After = without(p.After)
	}
	return p
}
