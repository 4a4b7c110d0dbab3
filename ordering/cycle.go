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
	f.out = adjacent(len(g.members), g.edges, edgeFrom, isAny)
	f.component = make([]int32, len(g.members))
	f.via, f.met = make([]int32, len(g.members)), make([]int32, len(g.members))
	f.search(allNodes(len(g.members)))
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
	start := 0
	for i, e := range ring {
		if g.edges[e].owner < g.edges[ring[start]].owner {
			start = i
		}
	}
	problem := &CycleError{}
	if len(events) > 0 {
		problem.Event = events[0]
	}
	for i := range ring {
		e := g.edges[ring[(start+i)%len(ring)]]
		problem.Hints = append(problem.Hints, g.publicHint(e))
	}
	return problem
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
			f.component[f.graph.edges[e].from] = 0
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
	for _, start := range component {
		if ring := f.ringThrough(start, len(best)); ring != nil {
			best = ring
		}
		if len(best) == 1 || f.budget <= 0 {
			break
		}
	}
	return best
}

// ringThrough returns the edges of a shortest cycle through start, or nil if none is
// shorter than limit. A limit of 0 means no limit.
func (f *finder) ringThrough(start int32, limit int) []int32 {
	f.round++
	level := []int32{start}
	for depth := 1; len(level) > 0 && (limit == 0 || depth < limit); depth++ {
		var next []int32
		for _, n := range level {
			for _, e := range f.out.at(n) {
				f.budget--
				switch to := f.graph.edges[e].to; {
				case to == start:
					return f.traceBack(e, start)
				case f.component[to] == f.component[start] && f.met[to] != f.round:
					f.met[to], f.via[to] = f.round, e
					next = append(next, to)
				}
			}
		}
		level = next
	}
	return nil
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
