package ordering

import (
	"errors"
	"slices"
)

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

// gate is a node between all members that must run before it and all that must run after
// it. With k of the one and m of the other, it replaces k·m edges by k+m. A gate has no
// place in the order.
type gate struct {
	ids []string // of those that hints or an entry of a sequence name by a label
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

// link is what a sequence asks of the members of an entry: to run after those of an
// earlier one.
type link struct {
	sequence       *Sequence
	earlier, later int
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

func (g *graph) isGate(node int32) bool { return int(node) >= len(g.members) }

func (g *graph) addGate(x gate) (node int32) {
	g.gates = append(g.gates, x)
	return int32(g.nodes() - 1)
}

// gateKey identifies the gate of a label. Members of other bands are on the right side of
// the namer anyway, or the hint contradicts the bands.
type gateKey struct {
	label int32
	side  side
	band  Band
}

// passGate connects the owner of a hint with the gate of the label that the hint names.
func (g *graph) passGate(owner int32, h hint, gates map[gateKey]int32) {
	key := gateKey{h.label, h.side, g.item(owner).Band}
	node, known := gates[key]
	if !known {
		node = g.addGate(gate{})
		gates[key] = node
	}
	e := edge{from: node, to: owner, owner: owner, hint: h, link: -1}
	if h.side == before {
		e.from, e.to = e.to, e.from
	}
	g.edges = append(g.edges, e)
}

// fillGates connects the members of labels with the gates.
func (g *graph) fillGates(gates map[gateKey]int32) {
	if len(gates) == 0 {
		return
	}
	for n := range g.members {
		for _, label := range g.set.labelNumbers(g.members[n]) {
			for _, side := range [...]side{after, before} {
				node, named := gates[gateKey{label, side, g.item(int32(n)).Band}]
				if !named {
					continue
				}
				x := &g.gates[int(node)-len(g.members)]
				x.ids = append(x.ids, g.item(int32(n)).ID)
				e := edge{from: int32(n), to: node, owner: -1, hint: hint{side: side}, link: -1}
				if side == before {
					e.from, e.to = e.to, e.from
				}
				g.edges = append(g.edges, e)
			}
		}
	}
}

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

// item returns the item at a node that is no gate.
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

// connectSequences adds the edges of the sequences that hold for the events. Members that
// a later entry means come after those that an earlier one means, through a gate between
// each entry and the next that has members.
func (g *graph) connectSequences(events []string) error {
	var problems []error
	labelled := map[int32][]int32{} // label → nodes, once it is needed
	for i := range g.set.rules.Sequences {
		q := &g.set.rules.Sequences[i]
		if !q.isFor(events) {
			continue
		}
		problems = append(problems, g.connectSequence(q, events, labelled))
	}
	return errors.Join(problems...)
}

// connectSequence adds the edges of one sequence. Only members of one band need them:
// the bands order the others, or contradict the sequence.
func (g *graph) connectSequence(q *Sequence, events []string, labelled map[int32][]int32) error {
	type group struct {
		entry int
		nodes []int32
	}
	latest := map[Band]group{} // the latest entry with members
	seen := map[int32]int{}    // node → the entry that means it
	top := group{entry: -1}    // an entry with members of the last band so far
	for i, entry := range q.Entries {
		byBand := map[Band][]int32{}
		for _, n := range g.nodesOf(entry.Target, events, labelled) {
			byBand[g.item(n).Band] = append(byBand[g.item(n).Band], n)
			if first, twice := seen[n]; twice {
				g.edges = append(g.edges, edge{from: n, to: n, owner: n, hint: hint{target: -1, side: after}, link: g.addLink(link{q, first, i})})
			}
			seen[n] = i
		}
		for _, band := range bands {
			nodes := byBand[band]
			if len(nodes) == 0 {
				continue
			}
			if top.entry >= 0 && band < g.item(top.nodes[0]).Band {
				return g.sequenceAgainstBands(link{q, top.entry, i}, top.nodes[0], nodes[0])
			}
			if earlier, some := latest[band]; some {
				if x, y := g.differentKeys(earlier.nodes, nodes); x >= 0 {
					return g.sequenceAgainstBands(link{q, earlier.entry, i}, x, y)
				}
				g.connectEntries(link{q, earlier.entry, i}, earlier.nodes, nodes)
			}
			latest[band] = group{i, nodes}
			if top.entry < 0 || band > g.item(top.nodes[0]).Band {
				top = group{i, nodes}
			}
		}
	}
	return nil
}

var bands = [...]Band{Prepended, Normal, Appended, Asynchronous}

func (g *graph) addLink(l link) int32 {
	g.links = append(g.links, l)
	return int32(len(g.links) - 1)
}

func (g *graph) connectEntries(l link, earlier, later []int32) {
	index := g.addLink(l)
	x := gate{}
	if _, isLabel := l.sequence.Entries[l.earlier].Label(); isLabel {
		for _, n := range earlier {
			x.ids = append(x.ids, g.item(n).ID)
		}
	}
	node := g.addGate(x)
	h := hint{target: -1, side: after}
	for _, n := range earlier {
		g.edges = append(g.edges, edge{from: n, to: node, owner: -1, hint: h, link: index})
	}
	for _, n := range later {
		g.edges = append(g.edges, edge{from: node, to: n, owner: n, hint: h, link: index})
	}
}

// nodesOf returns the nodes that a target means.
func (g *graph) nodesOf(t Target, events []string, labelled map[int32][]int32) []int32 {
	if _, isLabel := t.Label(); isLabel {
		if len(labelled) == 0 {
			for n, item := range g.members {
				for _, label := range g.set.labelNumbers(item) {
					labelled[label] = append(labelled[label], int32(n))
				}
			}
		}
		return labelled[g.set.labelIndex(t.ID)]
	}
	first, known := g.set.byID[t.ID]
	if !known {
		return nil
	}
	var nodes []int32
	for _, event := range events {
		if item, ok := g.set.of(first, event); ok {
			if n, on := g.node(item); on {
				nodes = append(nodes, n)
			}
		}
	}
	return nodes
}

// hintOf returns the hint that a node of the later entry of a link has by it.
func (g *graph) hintOf(l link, node int32) Hint {
	it := g.item(node)
	later := l.sequence.Entries[l.later]
	return Hint{Listener: it.ID, Item: int(g.members[node]), Side: After, Target: l.sequence.Entries[l.earlier].ID,
		Source: later.Source, Registered: it.Source, Sequence: l.sequence}
}

func (g *graph) sequenceAgainstBands(l link, earlier, later int32) error {
	x := g.item(earlier)
	return &BandError{Hint: g.hintOf(l, later), Target: int(g.members[earlier]), TargetID: x.ID, TargetSource: x.Source,
		Band: x.Band, Keys: [2]string{x.Key, g.item(later).Key}}
}

// differentKeys returns a node of each group if their receiver keys differ: such listeners
// run independently of each other. Otherwise it returns -1.
func (g *graph) differentKeys(earlier, later []int32) (x, y int32) {
	for _, x := range earlier {
		if g.item(x).Key != g.item(later[0]).Key {
			return x, later[0]
		}
	}
	for _, y := range later {
		if g.item(y).Key != g.item(earlier[0]).Key {
			return earlier[0], y
		}
	}
	return -1, -1
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
