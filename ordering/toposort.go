package ordering

import (
	"slices"

	"github.com/rollcall-go/rollcall/internal/minheap"
)

// moves holds for each node the edge that moved it away from its preferred place, or -1
// if none did.
type moves struct{ up, down []int32 }

// toposort makes every hint hold, and moves no listener further than it must. First it
// computes the last valid order from the back over the before hints alone, which pulls
// listeners up. Then it computes the first valid order from the front over all hints,
// which pushes them down. A pass is skipped if its hints already hold. The result is
// false if the hints form a cycle.
//
// Both passes are Kahn's algorithm (A. B. Kahn, "Topological sorting of large networks",
// 1962) with a heap for the queue. The back pass is the front pass mirrored.
func (g *graph) toposort(p *preference) (moves, bool) {
	m, rank := moves{}, rankOf(p.sequence)
	if !g.holdsIn(rank, isBefore) {
		back := pass{rank: mirrored(rank), nodes: g.nodes(), edges: g.edges, keep: isBefore, mirror: true}
		if !back.run() {
			return m, false
		}
		slices.Reverse(back.sequence)
		p.sequence, m.up = back.sequence, back.late
		rank = rankOf(p.sequence)
	}
	if !g.holdsIn(rank, isAny) {
		front := pass{rank: rank, nodes: g.nodes(), edges: g.edges, keep: isAny}
		if !front.run() {
			return m, false
		}
		p.sequence, m.down = front.sequence, front.late
	}
	return m, true
}

// holdsIn reports whether the edges that keep returns true for hold in a sequence. Through
// a gate, the latest that enters must come before the earliest that leaves.
func (g *graph) holdsIn(rank []int32, keep func(*edge) bool) bool {
	entered, left := fill(len(g.gates), -1), fill(len(g.gates), int32(len(rank)))
	for i := range g.edges {
		switch e := &g.edges[i]; {
		case !keep(e):
		case g.isGate(e.to):
			x := &entered[int(e.to)-len(rank)]
			*x = max(*x, rank[e.from])
		case g.isGate(e.from):
			x := &left[int(e.from)-len(rank)]
			*x = min(*x, rank[e.to])
		case rank[e.from] >= rank[e.to]:
			return false
		}
	}
	for i := range entered {
		if entered[i] >= left[i] {
			return false
		}
	}
	return true
}

func isBefore(e *edge) bool { return e.hint.side == before }
func isAny(*edge) bool      { return true }

func edgeFrom(e *edge) int32 { return e.from }
func edgeTo(e *edge) int32   { return e.to }

func mirrored(rank []int32) []int32 {
	m := make([]int32, len(rank))
	for n, r := range rank {
		m[n] = int32(len(rank)) - 1 - r
	}
	return m
}

func rankOf(sequence []int32) []int32 {
	rank := make([]int32, len(sequence))
	for r, n := range sequence {
		rank[n] = int32(r)
	}
	return rank
}

// pass is one topological sort that prefers low ranks. If mirror is set, edges run
// backwards. Gates have no rank: a gate is passed as soon as it waits for nobody, so the
// result is that of an edge for each pair of nodes that the gate connects.
type pass struct {
	rank   []int32 // of the nodes that are not gates
	nodes  int     // with the gates
	edges  []edge
	keep   func(*edge) bool
	mirror bool

	sequence []int32
	late     []int32 // node → the edge that delayed it beyond its rank, or -1

	start, end func(*edge) int32
	out        adjacency
	waits      []int32 // node → how many edges it waits for
	released   []int32 // node → the edge that ended its wait, or -1
	ready      minheap.Heap
	open       []int32 // nodes that are done, and whose edges are not yet followed
}

// run returns false if the edges form a cycle.
func (p *pass) run() bool {
	p.start, p.end = edgeFrom, edgeTo
	if p.mirror {
		p.start, p.end = p.end, p.start
	}
	n := len(p.rank)
	p.out = adjacent(p.nodes, p.edges, p.start, p.keep)
	p.countWaits()
	node := rankOf(p.rank) // the inverse of a permutation: rank → node
	p.released = fill(p.nodes, -1)
	p.ready = make(minheap.Heap, 0, n)
	for r, m := range node {
		if p.waits[m] == 0 {
			p.ready = append(p.ready, int32(r)) // ascending, so already a heap
		}
	}
	for gate := n; gate < p.nodes; gate++ {
		if p.waits[gate] == 0 {
			p.finish(int32(gate))
		}
	}
	p.sequence, p.late = make([]int32, 0, n), fill(n, -1)
	furthest := int32(-1)
	for len(p.ready) > 0 {
		r := p.ready.Pop()
		m := node[r]
		if r < furthest {
			p.late[m] = p.delay(m)
		}
		furthest = max(furthest, r)
		p.sequence = append(p.sequence, m)
		p.finish(m)
	}
	return len(p.sequence) == n
}

// finish follows the edges of a node that is done, and passes the gates that this opens.
func (p *pass) finish(done int32) {
	for p.open = append(p.open, done); len(p.open) > 0; {
		n := p.open[len(p.open)-1]
		p.open = p.open[:len(p.open)-1]
		for _, i := range p.out.at(n) {
			to := p.end(&p.edges[i])
			if p.waits[to]--; p.waits[to] > 0 {
				continue
			}
			p.released[to] = i
			if int(to) < len(p.rank) {
				p.ready.Push(p.rank[to])
			} else {
				p.open = append(p.open, to)
			}
		}
	}
}

// delay returns the edge with an owner that ended the wait of a node. Behind a gate, that
// may be the edge that opened the gate.
func (p *pass) delay(node int32) int32 {
	i := p.released[node]
	if e := &p.edges[i]; e.owner < 0 {
		return p.released[p.start(e)]
	}
	return i
}

// countWaits counts the edges that each node waits for.
func (p *pass) countWaits() {
	p.waits = make([]int32, p.nodes)
	for i := range p.edges {
		if p.keep(&p.edges[i]) {
			p.waits[p.end(&p.edges[i])]++
		}
	}
}
