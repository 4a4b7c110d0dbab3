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
	if !holdsIn(rank, g.edges, isBefore) {
		back := pass{rank: mirrored(rank), edges: g.edges, keep: isBefore, mirror: true}
		if !back.run() {
			return m, false
		}
		slices.Reverse(back.sequence)
		p.sequence, m.up = back.sequence, back.late
		rank = rankOf(p.sequence)
	}
	if !holdsIn(rank, g.edges, isAny) {
		front := pass{rank: rank, edges: g.edges, keep: isAny}
		if !front.run() {
			return m, false
		}
		p.sequence, m.down = front.sequence, front.late
	}
	return m, true
}

func holdsIn(rank []int32, edges []edge, keep func(*edge) bool) bool {
	for i := range edges {
		if e := &edges[i]; keep(e) && rank[e.from] >= rank[e.to] {
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
// backwards.
type pass struct {
	rank   []int32
	edges  []edge
	keep   func(*edge) bool
	mirror bool

	sequence []int32
	late     []int32 // node → the edge that delayed it beyond its rank, or -1
}

// run returns false if the edges form a cycle.
func (p *pass) run() bool {
	start, end := edgeFrom, edgeTo
	if p.mirror {
		start, end = end, start
	}
	n := len(p.rank)
	out := adjacent(n, p.edges, start, p.keep)
	waits := p.waits(end)
	node := rankOf(p.rank) // the inverse of a permutation: rank → node
	released := fill(n, -1)
	ready := make(minheap.Heap, 0, n)
	for r, m := range node {
		if waits[m] == 0 {
			ready = append(ready, int32(r)) // ascending, so already a heap
		}
	}
	p.sequence, p.late = make([]int32, 0, n), fill(n, -1)
	furthest := int32(-1)
	for len(ready) > 0 {
		r := ready.Pop()
		m := node[r]
		if r < furthest {
			p.late[m] = released[m]
		}
		furthest = max(furthest, r)
		p.sequence = append(p.sequence, m)
		for _, i := range out.at(m) {
			to := end(&p.edges[i])
			if waits[to]--; waits[to] == 0 {
				released[to] = i
				ready.Push(p.rank[to])
			}
		}
	}
	return len(p.sequence) == n
}

// waits counts the edges that each node waits for.
func (p *pass) waits(end func(*edge) int32) []int32 {
	waits := make([]int32, len(p.rank))
	for i := range p.edges {
		if p.keep(&p.edges[i]) {
			waits[end(&p.edges[i])]++
		}
	}
	return waits
}
