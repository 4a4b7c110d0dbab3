package ordering

import (
	"maps"
	"slices"
)

// Undecided finds the items of a dispatch between which only declared order decides: if
// the two exchange their places in declared order, they exchange them in the result. It
// looks only at pairs for which differ returns true, and returns the groups of items that
// such pairs connect, as indexes of items in the order in which they run. The events are
// those of [Set.Sort], which must succeed for them.
//
// The cost is a sort for each pair that neither a path of hints nor another pair connects:
// with n items O(n³ log n) at worst, and O(n² log n) if most are undecided.
func (s *Set) Undecided(differ func(a, b int) bool, events ...string) [][]int {
	members := s.members(events)
	g, err := newGraph(s, members, events)
	if err != nil || len(members) == 0 {
		return nil
	}
	place := g.prefer()
	moves, ok := g.toposort(&place)
	if !ok {
		return nil
	}
	u := &undecided{graph: g, events: events, sequence: place.sequence, reach: g.reach(), group: allNodes(len(members))}
	u.anyMoved = moves.up != nil || moves.down != nil
	u.ranks = g.rootsOf(place.anchor)
	u.findAmongNeighbours(differ)
	for i, a := range u.sequence {
		for _, b := range u.sequence[i+1:] {
			u.examine(a, b, differ)
		}
	}
	return u.groups()
}

// undecided is one search for undecided pairs.
type undecided struct {
	*graph
	events   []string
	sequence []int32 // nodes as they run
	reach    [][]uint64
	ranks    []int32 // node → its root
	anyMoved bool
	group    []int32 // node → another of its group, or itself (union-find)
}

// findAmongNeighbours examines the pairs that run one after the other. Most of the others
// are then in one group already.
func (u *undecided) findAmongNeighbours(differ func(a, b int) bool) {
	for i := 1; i < len(u.sequence); i++ {
		u.examine(u.sequence[i-1], u.sequence[i], differ)
	}
}

// examine joins two nodes, of which a runs first, if they are undecided.
func (u *undecided) examine(a, b int32, differ func(a, b int) bool) {
	switch {
	case u.find(a) == u.find(b), u.leads(a, b), !differ(int(u.members[a]), int(u.members[b])):
		return
	case !u.anyMoved && u.ranks[a] != u.ranks[b] && !u.sameRank(u.ranks[a], u.ranks[b]):
		return // their priorities decide, or those of what they stand beside
	case u.exchanged(a, b):
		u.group[u.find(a)] = u.find(b)
	}
}

func (u *undecided) find(n int32) int32 {
	for u.group[n] != n {
		u.group[n] = u.group[u.group[n]]
		n = u.group[n]
	}
	return n
}

// leads reports whether hints lead from a to b.
func (u *undecided) leads(a, b int32) bool { return u.reach[a][b/64]&(1<<(b%64)) != 0 }

// exchanged reports whether b runs before a if the two exchange their places in declared
// order.
func (u *undecided) exchanged(a, b int32) bool {
	members := slices.Clone(u.members)
	members[a], members[b] = members[b], members[a]
	g := &graph{set: u.set, members: members, nodeOf: make(map[int32]int32, len(members))}
	for n, item := range members {
		g.nodeOf[item] = int32(n)
	}
	if g.connectMembers(u.events) != nil {
		return false
	}
	place := g.prefer()
	if _, ok := g.toposort(&place); !ok {
		return false
	}
	return slices.Index(place.sequence, a) < slices.Index(place.sequence, b)
}

// groups returns the groups of more than one node as items.
func (u *undecided) groups() [][]int {
	byRoot := map[int32][]int{}
	first := map[int32]int{}
	for i, n := range u.sequence {
		root := u.find(n)
		if _, known := first[root]; !known {
			first[root] = i
		}
		byRoot[root] = append(byRoot[root], int(u.members[n]))
	}
	var groups [][]int
	for _, root := range slices.SortedFunc(maps.Keys(byRoot), func(a, b int32) int { return first[a] - first[b] }) {
		if len(byRoot[root]) > 1 {
			groups = append(groups, byRoot[root])
		}
	}
	return groups
}

// reach returns for each node the set of nodes that hints lead to from it, as bits.
func (g *graph) reach() [][]uint64 {
	n := g.nodes()
	words := (n + 63) / 64
	reach := make([][]uint64, n)
	out := adjacent(n, g.edges, edgeFrom, isAny)
	var visit func(node int32)
	visit = func(node int32) {
		reach[node] = make([]uint64, words)
		for _, i := range out.at(node) {
			to := g.edges[i].to
			if reach[to] == nil {
				visit(to)
			}
			reach[node][to/64] |= 1 << (to % 64)
			for w, bits := range reach[to] {
				reach[node][w] |= bits
			}
		}
	}
	for node := range n {
		if reach[node] == nil {
			visit(int32(node))
		}
	}
	return reach
}

// rootsOf returns the root of each node in the forest of anchors.
func (g *graph) rootsOf(anchor []int32) []int32 {
	roots := make([]int32, len(anchor))
	for n := range anchor {
		root := int32(n)
		for anchor[root] >= 0 {
			root = anchor[root]
		}
		roots[n] = root
	}
	return roots
}
