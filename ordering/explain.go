package ordering

// placed converts the final sequence to the result, with reasons.
func (g *graph) placed(p preference, m moves) []Placed {
	placed := make([]Placed, len(p.sequence))
	tied := g.tied(p, m)
	for i, n := range p.sequence {
		r := g.reason(n, p, m)
		if tied[i] >= 0 {
			r.Tie = g.item(tied[i]).ID
		}
		if r.Beside != nil {
			r.Apart = !g.besideAnchor(p, i) || g.item(n).Band != g.item(p.anchor[n]).Band
			r.forgetReturn()
		}
		placed[i] = Placed{Item: int(g.members[n]), Reason: r}
	}
	return placed
}

// forgetReturn drops a move that had no effect in the end: one pass moved the listener
// away from its anchor, and the other moved it back.
func (r *Reason) forgetReturn() {
	if r.Moved != nil && !r.Apart && r.Moved.means(*r.Beside) {
		r.Moved = nil
	}
}

func (g *graph) reason(n int32, p preference, m moves) Reason {
	it := g.item(n)
	r := Reason{Priority: it.Placement.Priority, id: it.ID, key: it.Key}
	if p.anchor[n] >= 0 {
		r.Beside = g.hintAt(p.beside[n])
	}
	switch {
	case m.down != nil && m.down[n] >= 0:
		r.Moved = g.hintAt(m.down[n])
	case m.up != nil && m.up[n] >= 0:
		r.Moved = g.hintAt(m.up[n])
	}
	return r
}

func (g *graph) hintAt(edge int32) *Hint {
	h := g.publicHint(g.edges[edge])
	return &h
}

// besideAnchor reports whether the node at index i of the sequence is still next to its
// anchor: its neighbour on that side is in the anchor's subtree.
func (g *graph) besideAnchor(p preference, i int) bool {
	n, adjoining := p.sequence[i], i-1
	if g.edges[p.beside[n]].hint.side == before {
		adjoining = i + 1
	}
	return adjoining >= 0 && adjoining < len(p.sequence) &&
		p.inSubtree(p.sequence[adjoining], p.anchor[n])
}
