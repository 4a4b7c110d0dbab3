package ordering

import "slices"

// graph is the items of one dispatch and the hints between them. Its nodes are the
// members, numbered in declared order, and then the gates.
type graph struct {
	set     *Set
	members []int32         // node → item
	nodeOf  map[int32]int32 // item → node; nil if the members are sorted
	gates   []gate          // node - len(members) → gate
	edges   []edge
	links   []link // of the sequences
}

// edge means that from runs before to.
type edge struct {
	from, to int32
	// owner is the node that has the hint: from for a before hint, to for an after hint.
	// It is -1 for an edge between a gate and those that the hint names.
	owner int32
	hint  hint
	link  int32 // index of the link of a sequence; -1 for a hint
}

// newGraph returns the graph of the members of the events. The error joins a *BandError
// for each sequence that contradicts the order of the bands.
func newGraph(s *Set, members []int32, events []string) (*graph, error) {
	g := &graph{set: s, members: members}
	return g, g.connectMembers(events)
}

// connectMembers adds the edges of all hints and sequences.
func (g *graph) connectMembers(events []string) error {
	gates := map[gateKey]int32{}
	for n, item := range g.members {
		for _, h := range g.set.hintsOf(item) {
			switch {
			case h.label > 0:
				g.passGate(int32(n), h, gates)
			case h.target >= 0:
				g.connectAll(int32(n), h, events)
			}
		}
	}
	g.fillGates(gates)
	return g.connectSequences(events)
}

// nodes returns the number of nodes.
func (g *graph) nodes() int { return len(g.members) + len(g.gates) }

// connectAll connects the owner of a hint with each member that has the target's ID.
func (g *graph) connectAll(owner int32, h hint, events []string) {
	for _, event := range events {
		if target, ok := g.set.of(h.target, event); ok {
			g.connect(owner, target, h)
		}
	}
}

// node returns the node of an item of the events, and false if the item is off.
func (g *graph) node(item int32) (int32, bool) {
	if g.nodeOf != nil {
		node, is := g.nodeOf[item]
		return node, is
	}
	if n := len(g.members); n == len(g.set.items) {
		return item, true // every item is a member
	}
	node, is := slices.BinarySearch(g.members, item)
	return int32(node), is
}

// connect adds the edge of a hint, unless the order of the bands contradicts it.
func (g *graph) connect(owner, item int32, h hint) {
	if g.set.banded && g.set.contradicts(g.members[owner], item, h.side) {
		return
	}
	target, on := g.node(item)
	if !on {
		return
	}
	e := edge{from: target, to: owner, owner: owner, hint: h, link: -1}
	if h.side == before {
		e.from, e.to = e.to, e.from
	}
	g.edges = append(g.edges, e)
}

// item returns the item at a node that is not a gate.
func (g *graph) item(node int32) *Item { return &g.set.items[g.members[node]] }

// publicHint returns the hint that an edge with an owner comes from.
func (g *graph) publicHint(e edge) Hint {
	var h Hint
	if e.link >= 0 {
		h = g.hintOf(g.links[e.link], e.owner)
	} else {
		h = g.set.public(g.members[e.owner], e.hint)
	}
	if end := max(e.from, e.to); g.isGate(end) {
		h.Members = g.gates[int(end)-len(g.members)].ids
	}
	return h
}

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
