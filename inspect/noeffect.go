package inspect

import (
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/ordering"
)

// placed is a listener of a report, with the data for finding its hints without effect.
type placed struct {
	Listener
	placement ordering.Placement
	reason    ordering.Reason
	declared  int // its place in declared order, for comparison; -1 if it is not known
}

func placedAt(id, source string, p ordering.Placement, r ordering.Reason) placed {
	asked := p
	if asked.Source == source {
		asked.Source = ""
	}
	return placed{
		Listener:  Listener{ID: id, Reason: r.String(), Tie: r.Tie, Source: source, Placement: placementOf(asked)},
		placement: p, reason: r,
	}
}

// absent marks a hint whose target does not listen to the event. explainAbsent replaces
// it with a reason.
const absent = "absent"

// listeners returns the listeners with their hints without effect. A hint has no effect
// if its target does not listen to the event. It has an effect if it anchors its
// listener. For any other hint, look at the listeners that hints connect with its own. If
// none of them was moved and they form no ring, the hint has no effect. Otherwise, a
// trial sorts again without the hint.
func listeners(all []placed, sequences []ordering.Sequence) []Listener {
	result := make([]Listener, len(all))
	groups := connected(all, sequences)
	trial := newTrial(all, groups, sequences)
	for i, x := range all {
		result[i] = x.Listener
		each := func(side ordering.Side, targets []ordering.Target) {
			for _, t := range targets {
				if why := x.noEffect(side, t, groups, trial); why != "" {
					result[i].NoEffect = append(result[i].NoEffect, NoEffect{string(side) + " " + t.String(), why})
				}
			}
		}
		each(ordering.Before, x.placement.Before)
		each(ordering.After, x.placement.After)
	}
	return result
}

// noEffect returns the reason why a hint changes nothing, or "" if it may change
// something.
func (x placed) noEffect(side ordering.Side, t ordering.Target, groups groups, trial *trial) string {
	beside := x.reason.Beside
	switch {
	case !groups.has(t.ID):
		return absent
	case beside != nil && beside.Side == side && beside.Target == t.ID,
		groups.moved(x.ID) && !trial.idle(x.ID, side, t.ID):
		return ""
	case groups.moved(x.ID):
		return "the order is the same without it"
	case beside != nil:
		return "its place beside " + beside.Target + " does that already"
	}
	return "priorities and declared order do that already"
}

// groups divides the listeners into groups that hints and sequences connect, as a forest
// (union-find). A label is in it as "@" and its name, with those that have it.
type groups struct {
	parent map[string]string
	broken map[string]bool // by root: a listener of the group was moved, or the group has a ring
}

func connected(all []placed, sequences []ordering.Sequence) groups {
	g := groups{parent: map[string]string{}, broken: map[string]bool{}}
	for _, x := range all {
		g.parent[x.ID] = x.ID
		for _, label := range x.placement.Labels {
			g.parent["@"+label] = "@" + label
		}
	}
	named := map[string]bool{} // labels that a hint or a sequence names
	join := func(a, b string) {
		if g.has(a) && g.has(b) {
			g.parent[g.root(a)] = g.root(b)
			named[a], named[b] = true, true
		}
	}
	for _, x := range all {
		for _, t := range slices.Concat(x.placement.Before, x.placement.After) {
			join(x.ID, t.ID)
		}
	}
	for _, q := range sequences {
		for i := range q.Entries[:max(0, len(q.Entries)-1)] {
			join(q.Entries[i].ID, q.Entries[i+1].ID)
		}
	}
	for _, x := range all {
		for _, label := range x.placement.Labels {
			if named["@"+label] {
				join(x.ID, "@"+label)
			}
		}
	}
	for _, x := range all {
		if x.reason.Moved != nil || x.reason.Apart || g.cutsRing(x) {
			g.broken[g.root(x.ID)] = true
		}
	}
	return g
}

// cutsRing reports whether a listener has priority 0 only because it is in a ring of
// listeners that anchor each other.
func (g groups) cutsRing(x placed) bool {
	return x.reason.Beside == nil && x.placement.Priority.IsZero() &&
		slices.ContainsFunc(slices.Concat(x.placement.Before, x.placement.After), func(t ordering.Target) bool {
			_, isLabel := t.Label()
			return !isLabel && g.has(t.ID)
		})
}

func (g groups) has(id string) bool   { _, ok := g.parent[id]; return ok }
func (g groups) moved(id string) bool { return g.broken[g.root(id)] }

func (g groups) root(id string) string {
	for g.parent[id] != id {
		g.parent[id] = g.parent[g.parent[id]]
		id = g.parent[id]
	}
	return id
}

// explainAbsent sets the reasons of hints with absent targets: the target listens only to
// other events of the provider, or to none, or it is off. The argument off has what
// switches off each target of an event.
func (p *Provider) explainAbsent(off map[[2]string]string) {
	known := map[string]bool{}
	for _, e := range p.Events {
		for _, l := range e.Listeners {
			known[l.ID] = true
			for _, label := range l.Placement.Labels {
				known["@"+label] = true
			}
		}
	}
	for _, x := range p.Off {
		known[x.Listener] = true
	}
	for _, e := range p.Events {
		for _, l := range e.Listeners {
			for i := range l.NoEffect {
				if n := &l.NoEffect[i]; n.Why == absent {
					target := targetOf(n.Hint)
					n.Why = whyAbsent(target, known, e.List)
					if by := off[[2]string{e.Event, target}]; by != "" {
						n.Why = whyOff(target, by)
					}
				}
			}
		}
	}
}

func whyOff(target, by string) string {
	if strings.HasPrefix(target, "@") {
		return "the listeners that have that label are off (" + by + ")"
	}
	return target + " is off (" + by + ")"
}

func whyAbsent(target string, known map[string]bool, list bool) string {
	switch isLabel := strings.HasPrefix(target, "@"); {
	case list && isLabel:
		return "nothing in this list has that label"
	case list && known[target]:
		return target + " is not in this list"
	case list:
		return "nothing in a list has that ID"
	case isLabel && known[target]:
		return "no listener of this event has that label"
	case isLabel:
		return "no listener has that label"
	case known[target]:
		return target + " does not listen to this event"
	}
	return "no listener has that ID"
}
