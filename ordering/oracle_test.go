package ordering_test

import (
	"slices"

	"github.com/rollcall-go/rollcall/ordering"
)

// oracle is the order that the rules of the package's doc comment give,
// computed the slow and obvious way, or nil where the hints form a cycle. The
// items are of one event, their IDs distinct, their targets present.
type oracle struct {
	items []ordering.Item
	index map[string]int
	// What labels and sequences add, which makes no anchors: a item runs before others, or
	// after others.
	labelBefore, labelAfter map[[2]int]bool
}

func newOracle(items []ordering.Item) oracle {
	o := oracle{items: items, index: map[string]int{}}
	for i, it := range items {
		o.index[it.ID] = i
	}
	return o
}

func (o oracle) order() []string {
	if o.cyclic() {
		return nil
	}
	sequence := o.preferred()
	sequence = o.settleFromBack(sequence)
	sequence = o.settleFromFront(sequence)
	ids := make([]string, len(sequence))
	for i, n := range sequence {
		ids[i] = o.items[n].ID
	}
	return ids
}

// precedes says whether a hint of a or b puts a before b.
func (o oracle) precedes(a, b int) bool {
	return o.beforeHint(a, b) || names(o.items[b].Placement.After, o.items[a].ID) || o.labelAfter[[2]int{b, a}]
}

func (o oracle) beforeHint(a, b int) bool {
	return names(o.items[a].Placement.Before, o.items[b].ID) || o.labelBefore[[2]int{a, b}]
}

func names(targets []ordering.Target, id string) bool {
	return slices.ContainsFunc(targets, func(t ordering.Target) bool { return t.ID == id })
}

// cyclic takes the transitive closure (Warshall) and looks at its diagonal.
func (o oracle) cyclic() bool {
	n := len(o.items)
	reach := make([][]bool, n)
	for a := range n {
		reach[a] = make([]bool, n)
		for b := range n {
			reach[a][b] = o.precedes(a, b)
		}
	}
	for k := range n {
		for a := range n {
			for b := range n {
				reach[a][b] = reach[a][b] || reach[a][k] && reach[k][b]
			}
		}
	}
	for a := range n {
		if reach[a][a] {
			return true
		}
	}
	return false
}

// anchor is the item that rule 3 puts n beside, and whether n goes before it;
// -1 for none.
func (o oracle) anchor(n int) (anchor int, before bool) {
	p := o.items[n].Placement
	switch {
	case !p.Priority.IsZero():
		return -1, false
	case len(p.After) > 0:
		return o.index[p.After[0].ID], false
	case len(p.Before) > 0:
		return o.index[p.Before[0].ID], true
	}
	return -1, false
}

// root says whether n hangs on nothing: it has no anchor, or it is the
// earliest of those that anchor only each other.
func (o oracle) root(n int) bool {
	ring := []int{n}
	for at, _ := o.anchor(n); at != n; at, _ = o.anchor(at) {
		if at < 0 || slices.Contains(ring, at) {
			first, _ := o.anchor(n)
			return first < 0
		}
		ring = append(ring, at)
	}
	return slices.Min(ring) == n
}

func (o oracle) preferred() []int {
	var roots []int
	for n := range o.items {
		if o.root(n) {
			roots = append(roots, n)
		}
	}
	// Insertion sort by rule 2: obviously stable.
	for i := range roots {
		for j := i; j > 0 && o.earlier(roots[j], roots[j-1]); j-- {
			roots[j], roots[j-1] = roots[j-1], roots[j]
		}
	}
	var sequence []int
	for _, root := range roots {
		sequence = append(sequence, o.block(root)...)
	}
	return sequence
}

// earlier is rule 2, for b declared before a.
func (o oracle) earlier(a, b int) bool {
	p, q := o.items[a].Placement.Priority.String(), o.items[b].Placement.Priority.String()
	switch {
	case p == "first":
		return true
	case p == "last" || q == "first":
		return false
	case q == "last":
		return true
	}
	x, _ := o.items[a].Placement.Priority.Number()
	y, _ := o.items[b].Placement.Priority.Number()
	return x > y
}

func (o oracle) block(n int) []int {
	var above, below []int
	for child := range o.items {
		if a, before := o.anchor(child); a == n && !o.root(child) {
			if before {
				above = append(above, o.block(child)...)
			} else {
				below = append(below, o.block(child)...)
			}
		}
	}
	return append(append(above, n), below...)
}

// settleFromBack places, from the back, the rearmost item that no unplaced
// item must come after by a before hint of its own.
func (o oracle) settleFromBack(sequence []int) []int {
	left, settled := slices.Clone(sequence), []int{}
	for len(left) > 0 {
		for i, n := range slices.Backward(left) {
			if !slices.ContainsFunc(left, func(other int) bool { return o.beforeHint(n, other) }) {
				settled = append([]int{n}, settled...)
				left = slices.Delete(left, i, i+1)
				break
			}
		}
	}
	return settled
}

// settleFromFront places, from the front, the foremost item that no unplaced
// item must precede.
func (o oracle) settleFromFront(sequence []int) []int {
	left, settled := slices.Clone(sequence), []int{}
	for len(left) > 0 {
		for i, n := range left {
			if !slices.ContainsFunc(left, func(other int) bool { return o.precedes(other, n) }) {
				settled = append(settled, n)
				left = slices.Delete(left, i, i+1)
				break
			}
		}
	}
	return settled
}
