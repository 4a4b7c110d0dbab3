package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// label is a label that a hint or a sequence names, with the indexes of the listeners that
// have it, in order.
type label struct {
	name    string
	members []int
}

func (l label) first() int { return l.members[0] }
func (l label) last() int  { return l.members[len(l.members)-1] }

// isRun reports whether the members run one right after the other.
func (l label) isRun() bool { return l.last()-l.first() == len(l.members)-1 }

// isApart reports whether no listener has both labels.
func (l label) isApart(other label) bool {
	few, many := l.members, other.members
	if len(few) > len(many) {
		few, many = many, few
	}
	return !slices.ContainsFunc(few, func(i int) bool {
		_, found := slices.BinarySearch(many, i)
		return found
	})
}

// end is one end of an arrow: a listener, or a label, which stands for all its members.
type end struct {
	listener int // its index; -1 for a label
	label    int // its index; -1 for a listener
}

// arrow is a hint in a picture, or what a sequence says of two entries. It is drawn from
// what runs first.
type arrow struct{ from, to end }

// drawing is what a picture shows of an event beside the order. With k members of a label
// and m listeners that name it, it has m arrows, and k lines to the members.
type drawing struct {
	labels []label // by their first members, long ones first
	nested []bool  // label → its members run one after the other, and it crosses no other such label
	arrows []arrow
}

func (e Event) drawing() drawing {
	d := drawing{labels: e.namedLabels()}
	d.nested = nested(d.labels)
	index := e.index()
	for i, l := range e.Listeners {
		self := end{i, -1}
		for _, t := range l.Placement.Before {
			d.add(self, d.end(strings.TrimPrefix(t, "?"), index.first))
		}
		for _, t := range l.Placement.After {
			d.add(d.end(strings.TrimPrefix(t, "?"), index.last), self)
		}
	}
	for _, entries := range e.Sequences {
		for i := range entries[:max(0, len(entries)-1)] {
			d.add(d.end(entries[i].Target, index.last), d.end(entries[i+1].Target, index.first))
		}
	}
	slices.SortStableFunc(d.arrows, func(a, b arrow) int {
		return cmp.Or(cmp.Compare(d.top(a), d.top(b)), cmp.Compare(d.bottom(a), d.bottom(b)))
	})
	d.arrows = distinct(d.arrows)
	return d
}

// namedLabels returns the labels that targets of hints and entries of sequences name.
func (e Event) namedLabels() []label {
	members := map[string][]int{}
	for i, l := range e.Listeners {
		for _, name := range l.Placement.Labels {
			members["@"+name] = append(members["@"+name], i)
		}
	}
	var labels []label
	name := func(target string) {
		if of := members[target]; strings.HasPrefix(target, "@") && of != nil {
			labels = append(labels, label{target, slices.Compact(of)})
			delete(members, target)
		}
	}
	for _, l := range e.Listeners {
		for _, t := range slices.Concat(l.Placement.Before, l.Placement.After) {
			name(strings.TrimPrefix(t, "?"))
		}
	}
	for _, entry := range slices.Concat(e.Sequences...) {
		name(entry.Target)
	}
	slices.SortStableFunc(labels, func(a, b label) int {
		return cmp.Or(cmp.Compare(a.first(), b.first()), cmp.Compare(b.last(), a.last()))
	})
	return labels
}

// end returns the end of an arrow for a target. Both indexes are -1 if nobody has it.
func (d *drawing) end(target string, places map[string]int) end {
	if label := slices.IndexFunc(d.labels, func(l label) bool { return l.name == target }); label >= 0 {
		return end{-1, label}
	}
	if i, ok := places[target]; ok {
		return end{i, -1}
	}
	return end{-1, -1}
}

// add adds an arrow. Both of its ends must exist, and must not have a listener in common.
func (d *drawing) add(from, to end) {
	if from, to := d.members(from), d.members(to); from.members == nil || to.members == nil || !from.isApart(to) {
		return
	}
	d.arrows = append(d.arrows, arrow{from, to})
}

// members returns the listeners of an end.
func (d *drawing) members(x end) label {
	switch {
	case x.label >= 0:
		return d.labels[x.label]
	case x.listener >= 0:
		return label{members: []int{x.listener}}
	}
	return label{}
}

// starts returns the last listener of the end that an arrow comes from, and ends the first
// one of the end that it leads to.
func (d *drawing) starts(a arrow) int { return d.members(a.from).last() }
func (d *drawing) ends(a arrow) int   { return d.members(a.to).first() }

func (d *drawing) top(a arrow) int    { return min(d.starts(a), d.ends(a)) }
func (d *drawing) bottom(a arrow) int { return max(d.starts(a), d.ends(a)) }

// distinct returns the arrows without repetitions.
func distinct(arrows []arrow) []arrow {
	seen := map[arrow]bool{}
	return slices.DeleteFunc(arrows, func(a arrow) bool {
		again := seen[a]
		seen[a] = true
		return again
	})
}

// nested finds the labels that a graph can draw as boxes around their members, inside of
// each other.
func nested(labels []label) []bool {
	found := make([]bool, len(labels))
	for n, l := range labels {
		found[n] = l.isRun()
		for outer := range labels[:n] {
			if last := labels[outer].last(); found[outer] && last >= l.first() && last < l.last() {
				found[n] = false
			}
		}
	}
	return found
}

// scattered returns the labels that are no boxes.
func (d *drawing) scattered() []int {
	var labels []int
	for n := range d.labels {
		if !d.nested[n] {
			labels = append(labels, n)
		}
	}
	return labels
}

// nest visits the listeners in order, and before and after them where boxes of labels
// open and close.
func (d *drawing) nest(e Event, opens func(depth, label int), listener func(depth, i int), closes func(depth int)) {
	var open []int // the labels of the open boxes
	for i := range e.Listeners {
		for n, l := range d.labels {
			if d.nested[n] && l.first() == i {
				opens(len(open), n)
				open = append(open, n)
			}
		}
		listener(len(open), i)
		for len(open) > 0 && d.labels[open[len(open)-1]].last() == i {
			open = open[:len(open)-1]
			closes(len(open))
		}
	}
}

// node returns the name of the node of an end.
func (x end) node(event int) string {
	if x.label >= 0 {
		return fmt.Sprintf("e%dg%d", event, x.label)
	}
	return fmt.Sprintf("e%dl%d", event, x.listener)
}
