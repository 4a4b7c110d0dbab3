package ordering

// gate is a node between all members that must run before it and all that must run after
// it. With k of the one and m of the other, it replaces k·m edges by k+m. A gate has no
// place in the order.
type gate struct {
	ids []string // of those that hints or an entry of a sequence name by a label
}

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
