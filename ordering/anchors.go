package ordering

import (
	"cmp"
	"slices"
)

// preference is the sequence by rules 2 and 3, before the hints of listeners with a
// priority are applied. It is a forest: each listener that has an anchor is a child of
// its anchor.
type preference struct {
	sequence []int32 // nodes in preferred order
	rank     []int32 // node → index in the traversal of the forest
	anchor   []int32 // node → its anchor, -1 for a root
	beside   []int32 // node → its edge to the anchor
	size     []int32 // node → size of its subtree
	first    []int32 // node → rank of the first node of its subtree
	onRing   []bool  // node → whether it was on a ring of anchors; nil if there was none
}

// prefer traverses the anchor forest and then sorts by band. The roots come in the order
// of rule 2. The traversal visits the before-children of a node, the node, and its
// after-children.
func (g *graph) prefer() preference {
	p := preference{}
	p.anchor, p.beside = g.anchors()
	p.onRing = breakRings(p.anchor)
	p.walk(g.roots(p.anchor), g.newForest(p.anchor, p.beside))
	g.sortByBand(p.sequence)
	return p
}

// sortByBand sorts the sequence by band. Nodes of the same band keep their order.
func (g *graph) sortByBand(sequence []int32) {
	if g.set.banded {
		slices.SortStableFunc(sequence, func(a, b int32) int { return cmp.Compare(g.item(a).Band, g.item(b).Band) })
	}
}

// anchors returns the anchor of each listener that has targets and no priority. The
// anchor is the first ID of its after list, or of its before list if it has no ID in the
// after list. Edges are in that order: an owner's after hints come first. Labels and
// sequences make no anchors: their edges end at a gate, or lead from a node to itself.
func (g *graph) anchors() (anchor, beside []int32) {
	anchor, beside = fill(len(g.members), -1), fill(len(g.members), -1)
	for i := range g.edges {
		e := &g.edges[i]
		if g.isGate(e.from) || g.isGate(e.to) {
			continue
		}
		if anchor[e.owner] < 0 && e.from != e.to && g.item(e.owner).Placement.Priority.IsZero() {
			anchor[e.owner], beside[e.owner] = e.other(), int32(i)
		}
	}
	return anchor, beside
}

// other returns the end of the edge that is not the owner of the hint.
func (e *edge) other() int32 {
	if e.owner == e.from {
		return e.to
	}
	return e.from
}

// breakRings finds each ring of nodes that anchor each other, and makes its earliest
// declared node a root. It returns which nodes were on a ring, or nil if there was none.
func breakRings(anchor []int32) (onRing []bool) {
	visited := fill(len(anchor), -1) // node → the start of the walk that first reached it
	for start := range anchor {
		n := int32(start)
		for n >= 0 && visited[n] < 0 {
			visited[n] = int32(start)
			n = anchor[n]
		}
		if n >= 0 && visited[n] == int32(start) {
			if onRing == nil {
				onRing = make([]bool, len(anchor))
			}
			anchor[markRing(anchor, n, onRing)] = -1
		}
	}
	return onRing
}

// markRing marks the nodes of the ring that a node is on, and returns the earliest
// declared one.
func markRing(anchor []int32, on int32, onRing []bool) (earliest int32) {
	earliest, onRing[on] = on, true
	for n := anchor[on]; n != on; n = anchor[n] {
		earliest, onRing[n] = min(earliest, n), true
	}
	return earliest
}

// roots sorts the nodes without an anchor by rule 2.
func (g *graph) roots(anchor []int32) []int32 {
	var roots []int32
	for n, a := range anchor {
		if a < 0 {
			roots = append(roots, int32(n))
		}
	}
	slices.SortStableFunc(roots, func(a, b int32) int {
		p, q := g.item(a).Placement.Priority, g.item(b).Placement.Priority
		if p.class == classFirst && q.class == classFirst {
			return cmp.Compare(b, a)
		}
		return cmp.Or(cmp.Compare(p.band(), q.band()), cmp.Compare(q.number, p.number))
	})
	return roots
}

// forest holds the children of each node as linked lists, the latest declared first. A
// stack returns them in declared order.
type forest struct {
	last [2][]int32 // side → node → its latest child
	next []int32    // child → the child declared before it
}

func (g *graph) newForest(anchor, beside []int32) forest {
	n := len(anchor)
	f := forest{last: [2][]int32{fill(n, -1), fill(n, -1)}, next: fill(n, -1)}
	for child, a := range anchor {
		if a >= 0 {
			side := g.edges[beside[child]].hint.side
			f.next[child], f.last[side][a] = f.last[side][a], int32(child)
		}
	}
	return f
}

// walk traverses the forest and sets the other fields of p. It has its own stack, on
// which n means the whole subtree of node n, and ^n the node alone.
func (p *preference) walk(roots []int32, f forest) {
	n := len(p.anchor)
	p.sequence, p.rank = make([]int32, 0, n), make([]int32, n)
	p.size, p.first = make([]int32, n), make([]int32, n)
	opened := make([]int32, 0, n)
	stack := slices.Clone(roots)
	slices.Reverse(stack)
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if top < 0 {
			p.rank[^top] = int32(len(p.sequence))
			p.sequence = append(p.sequence, ^top)
			continue
		}
		opened = append(opened, top)
		p.first[top] = int32(len(p.sequence))
		stack = f.push(stack, f.last[after][top])
		stack = append(stack, ^top)
		stack = f.push(stack, f.last[before][top])
	}
	p.measure(opened)
}

func (f forest) push(stack []int32, child int32) []int32 {
	for ; child >= 0; child = f.next[child] {
		stack = append(stack, child)
	}
	return stack
}

// measure computes the size of each subtree, children before parents.
func (p *preference) measure(opened []int32) {
	for _, n := range slices.Backward(opened) {
		p.size[n]++
		if a := p.anchor[n]; a >= 0 {
			p.size[a] += p.size[n]
		}
	}
}

// inSubtree reports whether node is root or a descendant of it.
func (p *preference) inSubtree(node, root int32) bool {
	offset := p.rank[node] - p.first[root]
	return offset >= 0 && offset < p.size[root]
}

func fill(n int, value int32) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = value
	}
	return s
}
