package ordering

import (
	"errors"
	"slices"
)

// cycles finds cycles that share no listener. In each strongly connected component, it
// finds a shortest cycle. Then it removes the listeners of that cycle and searches the
// rest.
//
// Components are found by Tarjan's algorithm (R. Tarjan, "Depth-first search and linear
// graph algorithms", 1972) without recursion. A shortest cycle is found by a
// breadth-first search from each node, cut off at the best length so far. That costs
// O(V×E) at worst, so the search is bounded. After maxSearch edges, it returns the
// shortest cycle found so far. Further cycles in the same component may then be found
// only in the next run.
func (g *graph) cycles(events []string) error {
	f := &finder{graph: g, budget: maxSearch}
	n := g.nodes()
	f.out = adjacent(n, g.edges, edgeFrom, isAny)
	f.component = make([]int32, n)
	f.via, f.met = make([]int32, n), make([]int32, n)
	f.search(allNodes(n))
	var problems []error
	for _, ring := range f.rings {
		problems = append(problems, g.cycleError(ring, events))
	}
	return errors.Join(problems...)
}

// maxSearch limits the number of edges visited to find shortest cycles. A search of 2,000
// listeners with 4,000 hints among them stays below it.
const maxSearch = 1 << 23

func allNodes(n int) []int32 {
	nodes := make([]int32, n)
	for i := range nodes {
		nodes[i] = int32(i)
	}
	return nodes
}

// cycleError returns the error for a ring of edges. It starts at the hint of the listener
// that was declared earliest.
func (g *graph) cycleError(ring []int32, events []string) error {
	hints := g.hintsOf(ring)
	start := 0
	for i, h := range hints {
		if h.Item < hints[start].Item {
			start = i
		}
	}
	return &CycleError{Event: events[0], Hints: append(hints[start:len(hints):len(hints)], hints[:start]...)}
}

// hintsOf returns the hints of a ring of edges. Two edges through a gate are one hint, and
// the node on the side of its target is a member of the label.
func (g *graph) hintsOf(ring []int32) []Hint {
	var hints []Hint
	for i, index := range ring {
		switch e := g.edges[index]; {
		case g.isGate(e.to): // with the next edge
		case g.isGate(e.from):
			in := g.edges[ring[i-1]] // a ring begins at a member
			owned, member := e, in.from
			if e.owner < 0 {
				owned, member = in, e.to
			}
			h := g.publicHint(owned)
			h.Member, h.MemberSource = g.item(member).ID, g.item(member).Source
			hints = append(hints, h)
		default:
			h := g.publicHint(e)
			if e.link >= 0 { // an entry means a listener that an earlier one means
				h.Member, h.MemberSource = h.Listener, h.Registered
			}
			hints = append(hints, h)
		}
	}
	return hints
}

// finder looks for cycles in the part of a graph whose nodes share a
// component number.
type finder struct {
	graph     *graph
	out       adjacency
	component []int32 // node → number, 0 for nodes excluded from the search
	numbered  int32
	budget    int
	rings     [][]int32 // edges of each cycle found

	// The current search: node → the edge that reached it, and the round in which it was
	// reached.
	via, met []int32
	round    int32
}

// search finds cycles among the given nodes, then among the remaining nodes of each
// component.
func (f *finder) search(nodes []int32) {
	for pending := f.components(nodes); len(pending) > 0; pending = pending[1:] {
		component := pending[0]
		ring := f.shortest(component)
		f.rings = append(f.rings, ring)
		for _, e := range ring {
			if n := f.graph.edges[e].from; !f.graph.isGate(n) { // others may form a cycle through it
				f.component[n] = 0
			}
		}
		if f.budget > 0 {
			pending = append(pending, f.components(f.remaining(component))...)
		}
	}
}

func (f *finder) remaining(component []int32) []int32 {
	var rest []int32
	for _, n := range component {
		if f.component[n] != 0 {
			rest = append(rest, n)
		}
	}
	return rest
}

// shortest returns a shortest cycle of the component, or the shortest that it found
// within the budget. The first search always runs to its end, so there is a result.
func (f *finder) shortest(component []int32) []int32 {
	var best []int32
	length := 0
	for _, start := range component {
		if f.graph.isGate(start) {
			continue // a cycle through it has a member, too
		}
		if ring, hints := f.ringThrough(start, length); ring != nil {
			best, length = ring, hints
		}
		if length == 1 || f.budget <= 0 {
			break
		}
	}
	return best
}

// ringThrough returns the edges of a shortest cycle through start and the number of its
// hints, or nil if none is shorter than limit. A limit of 0 means no limit. An edge that
// enters a gate does not count, so the gate belongs to the same level.
func (f *finder) ringThrough(start int32, limit int) (ring []int32, hints int) {
	f.round++
	level := []int32{start}
	for depth := 1; len(level) > 0 && (limit == 0 || depth < limit); depth++ {
		var next []int32
		for i := 0; i < len(level); i++ {
			for _, e := range f.out.at(level[i]) {
				f.budget--
				switch to := f.graph.edges[e].to; {
				case to == start:
					return f.traceBack(e, start), depth
				case f.component[to] != f.component[start] || f.met[to] == f.round:
				case f.graph.isGate(to):
					f.met[to], f.via[to] = f.round, e
					level = append(level, to)
				default:
					f.met[to], f.via[to] = f.round, e
					next = append(next, to)
				}
			}
		}
		level = next
	}
	return nil, 0
}

func (f *finder) traceBack(closing, start int32) []int32 {
	ring := []int32{closing}
	for n := f.graph.edges[closing].from; n != start; {
		e := f.via[n]
		ring = append(ring, e)
		n = f.graph.edges[e].from
	}
	slices.Reverse(ring)
	return ring
}
