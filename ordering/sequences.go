package ordering

import "errors"

// link is what a sequence asks of the members of an entry: to run after those of an
// earlier one.
type link struct {
	sequence       *Sequence
	earlier, later int
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
