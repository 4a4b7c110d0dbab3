package ordering

import "slices"

// graph is one event's items and the hints between them. Its nodes are
// numbered in declared order.
type graph struct {
	set     *Set
	members []int32 // node → item
	edges   []edge
	befores int // how many edges come from before hints
}

// edge means that from runs before to, because of a hint of owner.
type edge struct {
	from, to int32
	owner    int32 // node: from for a before hint, to for an after hint
	hint     hint
}

func newGraph(s *Set, members []int32, events []string) *graph {
	g := &graph{set: s, members: members}
	for n, item := range members {
		for _, h := range s.hintsOf(item) {
			if h.target >= 0 {
				g.connectAll(int32(n), h, events)
			}
		}
	}
	return g
}

// connectAll connects the owner of a hint with each member that has the target's ID.
func (g *graph) connectAll(owner int32, h hint, events []string) {
	if s := g.set; s.sameID[h.target] < 0 {
		if all := len(g.members) == len(s.items); all || slices.Contains(events, s.items[h.target].Event) {
			g.connect(owner, h.target, h)
		}
		return
	}
	for _, event := range events {
		if target, ok := g.set.of(h.target, event); ok {
			g.connect(owner, target, h)
		}
	}
}

// node returns the node of an item, which must be a member. Members are sorted.
func (g *graph) node(item int32) int32 {
	if n := len(g.members); n == len(g.set.items) {
		return item // every item is a member
	}
	node, _ := slices.BinarySearch(g.members, item)
	return int32(node)
}

// connect adds the edge of a hint, unless the order of the bands contradicts it.
func (g *graph) connect(owner, item int32, h hint) {
	if g.set.banded && g.set.contradicts(g.members[owner], item, h.side) {
		return
	}
	target := g.node(item)
	if h.side == before {
		g.befores++
		g.edges = append(g.edges, edge{from: owner, to: target, owner: owner, hint: h})
		return
	}
	g.edges = append(g.edges, edge{from: target, to: owner, owner: owner, hint: h})
}

// item returns the item at a node.
func (g *graph) item(node int32) *Item { return &g.set.items[g.members[node]] }

// publicHint returns the hint that an edge comes from.
func (g *graph) publicHint(e edge) Hint { return g.set.public(g.members[e.owner], e.hint) }

// adjacency groups edges by one of their ends, in one array.
type adjacency struct {
	start []int32
	list  []int32 // indexes of edges
}

// at returns the indexes of the edges at a node.
func (a adjacency) at(node int32) []int32 { return a.list[a.start[node]:a.start[node+1]] }

// adjacent groups the edges for which keep returns true, by the node that end returns.
func adjacent(nodes int, edges []edge, end func(*edge) int32, keep func(*edge) bool) adjacency {
	a := adjacency{start: make([]int32, nodes+1)}
	total := int32(0)
	for i := range edges {
		if keep(&edges[i]) {
			a.start[end(&edges[i])+1]++
			total++
		}
	}
	for n := range nodes {
		a.start[n+1] += a.start[n]
	}
	a.list = make([]int32, total)
	next := append([]int32(nil), a.start[:nodes]...)
	for i := range edges {
		if keep(&edges[i]) {
			n := end(&edges[i])
			a.list[next[n]] = int32(i)
			next[n]++
		}
	}
	return a
}
