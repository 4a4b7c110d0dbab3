package ordering

// ties finds the nodes that only declared order puts before the next one. Each is a root
// with all that hang on it, before another root of the same priority. Or it is a node that
// nothing hangs on, before another on the same side of their anchor. Nothing moved any of
// them, and no hint says which comes first.
type ties struct {
	*graph
	preference
	moves
	root  []int32 // node → the root that it hangs on
	place []int32 // node → index in the sequence
	bound []bool  // index → a hint connects the block that ends there with the next block
}

// tied returns for each index of the sequence the node that is tied with the node there,
// and comes later, or -1.
func (g *graph) tied(p preference, m moves) []int32 {
	t := &ties{graph: g, preference: p, moves: m, root: fill(len(p.sequence), -1), place: rankOf(p.sequence)}
	for n := range t.root {
		t.rootOf(int32(n))
	}
	tied := fill(len(p.sequence), -1)
	blocks := t.blocks()
	t.bind(blocks)
	for i := 1; i < len(blocks); i++ {
		a, b := blocks[i-1], blocks[i]
		if a.whole && b.whole && !t.bound[a.end-1] && g.sameRank(a.root, b.root) {
			tied[t.place[a.root]] = b.root
		}
	}
	for i := 1; i < len(p.sequence); i++ {
		if a, b := p.sequence[i-1], p.sequence[i]; t.areTwins(a, b) {
			tied[i-1] = b
		}
	}
	t.untieConnected(tied)
	return tied
}

// block is a run of nodes of the sequence with one root.
type block struct {
	root       int32
	start, end int
	whole      bool // it has all that hang on the root, and nothing moved them
}

func (t *ties) blocks() []block {
	var blocks []block
	for i, n := range t.sequence {
		last := len(blocks) - 1
		if last < 0 || blocks[last].root != t.root[n] {
			blocks = append(blocks, block{root: t.root[n], start: i, whole: true})
			last++
		}
		blocks[last].end = i + 1
		blocks[last].whole = blocks[last].whole && !t.moved(n)
	}
	for i := range blocks {
		b := &blocks[i]
		b.whole = b.whole && int32(b.end-b.start) == t.size[b.root]
	}
	return blocks
}

func (t *ties) moved(n int32) bool {
	return t.up != nil && t.up[n] >= 0 || t.down != nil && t.down[n] >= 0
}

// rootOf finds the root of a node, and remembers it for all nodes on the way.
func (t *ties) rootOf(n int32) int32 {
	top := n
	for t.root[top] < 0 && t.anchor[top] >= 0 {
		top = t.anchor[top]
	}
	root := top
	if t.root[top] >= 0 {
		root = t.root[top]
	}
	for ; t.root[n] < 0; n = t.anchor[n] {
		t.root[n] = root
		if t.anchor[n] < 0 {
			break
		}
	}
	return root
}

// bind notes which blocks a hint connects with the next one.
func (t *ties) bind(blocks []block) {
	of := make([]int32, len(t.sequence)) // node → index of its block
	for i, b := range blocks {
		for _, n := range t.sequence[b.start:b.end] {
			of[n] = int32(i)
		}
	}
	t.bound = make([]bool, len(t.sequence))
	t.eachPair(of, func(from int32) { t.bound[blocks[from].end-1] = true })
}

// eachPair calls visit with the place of each node, or block of nodes, that an edge or a
// gate connects with the next one. The argument at has the place of each node.
func (t *ties) eachPair(at []int32, visit func(place int32)) {
	entered := fill(len(t.gates), -1)
	for i := range t.edges {
		if e := &t.edges[i]; t.isGate(e.to) {
			x := &entered[int(e.to)-len(at)]
			*x = max(*x, at[e.from])
		}
	}
	for i := range t.edges {
		switch e := &t.edges[i]; {
		case t.isGate(e.to):
		case t.isGate(e.from):
			if from := entered[int(e.from)-len(at)]; from >= 0 && at[e.to] == from+1 {
				visit(from)
			}
		case at[e.to] == at[e.from]+1:
			visit(at[e.from])
		}
	}
}

// sameRank reports whether rule 2 leaves the order of two roots to declared order.
func (g *graph) sameRank(a, b int32) bool {
	x, y := g.item(a), g.item(b)
	p, q := x.Placement.Priority, y.Placement.Priority
	return p.band() == q.band() && p.number == q.number && x.Band == y.Band && x.Key == y.Key
}

// areTwins reports whether two neighbours have one anchor, and nothing hangs on them. They
// stand on the same side of the anchor: it runs between those on different sides.
func (t *ties) areTwins(a, b int32) bool {
	if t.anchor[a] < 0 || t.anchor[a] != t.anchor[b] || t.size[a] > 1 || t.size[b] > 1 || t.moved(a) || t.moved(b) {
		return false
	}
	if t.onRing != nil && t.onRing[b] {
		return false // declared before a, it might be where the ring begins
	}
	x, y := t.item(a), t.item(b)
	return x.Band == y.Band && x.Key == y.Key
}

// untieConnected removes ties of nodes that an edge or a gate connects.
func (t *ties) untieConnected(tied []int32) {
	t.eachPair(t.place, func(place int32) {
		if next := tied[place]; next >= 0 && t.place[next] == place+1 {
			tied[place] = -1
		}
	})
}
