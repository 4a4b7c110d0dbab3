package provider

import (
	"cmp"
	"errors"
	"slices"

	"github.com/rollcall-go/rollcall/ordering"
)

// zone is where a listener of a Mutable runs; only the added ones are sorted.
type zone int

const (
	prepended zone = iota
	added
	appended
)

// outer are the members whose zone is the order, and who may be a target of the
// added ones all the same.
type outer struct {
	byID    map[string][]*member
	added   map[string]bool // IDs that the sort knows
	matcher *matcher
}

// placementsOfAdded are what the sort is to see of the added members' placements.
// The error joins what is wrong with hints at members of other zones.
func placementsOfAdded(members []*member, m *matcher) ([]ordering.Placement, error) {
	o := outer{byID: map[string][]*member{}, added: map[string]bool{}, matcher: m}
	for _, x := range members {
		if x.zone == added {
			o.added[x.ID] = true
		} else {
			o.byID[x.ID] = append(o.byID[x.ID], x)
		}
	}
	var placements []ordering.Placement
	var problems []error
	for _, x := range members {
		if x.zone != added {
			continue
		}
		p, item := x.placement(), len(placements)
		var before, after error
		p.Before, before = o.forgive(x, item, p.Before, ordering.Before)
		p.After, after = o.forgive(x, item, p.After, ordering.After)
		placements, problems = append(placements, p), append(problems, before, after)
	}
	return placements, errors.Join(problems...)
}

// forgive makes those targets optional that stand in another zone, where the sort
// can't find them.
func (o outer) forgive(x *member, item int, targets []ordering.Target, side ordering.Side) ([]ordering.Target, error) {
	if len(o.byID) == 0 {
		return targets, nil
	}
	targets = slices.Clone(targets)
	var problems []error
	for i := range targets {
		t := &targets[i]
		others := o.byID[t.ID]
		met := slices.ContainsFunc(others, func(other *member) bool { return o.matcher.overlap(x.Event, other.Event) })
		if len(others) > 0 && !met && !t.Optional && !o.added[t.ID] {
			problems = append(problems, &ordering.NotListeningError{
				Item: item, Event: o.matcher.labels[x.Event], TargetSource: others[0].Source,
				Hint: ordering.Hint{Listener: x.ID, Side: side, Target: t.ID, Source: cmp.Or(x.Placement.Source, x.Source)},
			})
		}
		t.Optional = t.Optional || met || len(others) > 0 && !o.added[t.ID]
		problems = append(problems, o.contradictions(x, others, side))
	}
	return targets, errors.Join(problems...)
}

// contradictions are the targets whose zone lies on the other side of x.
func (o outer) contradictions(x *member, targets []*member, side ordering.Side) error {
	wrong := appended
	if side == ordering.Before {
		wrong = prepended
	}
	var problems []error
	for _, t := range targets {
		if t.zone == wrong && o.matcher.overlap(x.Event, t.Event) {
			problems = append(problems, zoneError(x, t, side))
		}
	}
	return errors.Join(problems...)
}
