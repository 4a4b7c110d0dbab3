package ordering

import "slices"

// components finds the strongly connected components of the given nodes, and returns
// those that contain a cycle. The nodes of a component are in declared order, and
// components are sorted by their earliest node. Each component gets a new number. Nodes
// that are in no cycle get the number 0.
func (f *finder) components(nodes []int32) [][]int32 {
	t := f.newTarjan(nodes)
	for _, n := range nodes {
		if t.index[n] == 0 {
			t.visit(n)
		}
	}
	for _, n := range nodes {
		f.component[n] = 0
	}
	for _, c := range t.found {
		slices.Sort(c)
		f.numbered++
		for _, n := range c {
			f.component[n] = f.numbered
		}
	}
	slices.SortFunc(t.found, func(a, b []int32) int { return int(a[0] - b[0]) })
	return t.found
}

// tarjan is one run of Tarjan's algorithm over nodes with the same component number. It
// uses a stack of its own instead of recursion.
type tarjan struct {
	f       *finder
	index   map[int32]int32 // node → order of visit, from 1
	low     map[int32]int32
	onStack map[int32]bool
	stack   []int32
	calls   []call
	found   [][]int32
}

// call is a visit in progress: the node and the index of its next edge.
type call struct {
	node int32
	edge int
}

func (f *finder) newTarjan(nodes []int32) *tarjan {
	n := len(nodes)
	return &tarjan{f: f, index: make(map[int32]int32, n), low: make(map[int32]int32, n), onStack: make(map[int32]bool, n)}
}

func (t *tarjan) visit(root int32) {
	t.enter(root)
	for len(t.calls) > 0 {
		c := &t.calls[len(t.calls)-1]
		if out := t.f.out.at(c.node); c.edge < len(out) {
			c.edge++
			t.follow(c.node, t.f.graph.edges[out[c.edge-1]].to)
			continue
		}
		t.leave(c.node)
	}
}

func (t *tarjan) enter(n int32) {
	t.index[n] = int32(len(t.index) + 1)
	t.low[n] = t.index[n]
	t.stack = append(t.stack, n)
	t.onStack[n] = true
	t.calls = append(t.calls, call{node: n})
}

func (t *tarjan) follow(from, to int32) {
	t.f.budget--
	switch {
	case t.f.component[to] != t.f.component[from]:
	case t.index[to] == 0:
		t.enter(to)
	case t.onStack[to]:
		t.low[from] = min(t.low[from], t.index[to])
	}
}

func (t *tarjan) leave(n int32) {
	t.calls = t.calls[:len(t.calls)-1]
	if len(t.calls) > 0 {
		parent := t.calls[len(t.calls)-1].node
		t.low[parent] = min(t.low[parent], t.low[n])
	}
	if t.low[n] == t.index[n] {
		t.pop(n)
	}
}

// pop pops the component of root off the stack. It keeps the component if that contains a
// cycle: more than one node, or a hint of a node to itself.
func (t *tarjan) pop(root int32) {
	at := len(t.stack) - 1
	for t.stack[at] != root {
		at--
	}
	c := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, n := range c {
		t.onStack[n] = false
	}
	if len(c) > 1 || t.pointsAtItself(root) {
		t.found = append(t.found, c)
	}
}

func (t *tarjan) pointsAtItself(n int32) bool {
	for _, i := range t.f.out.at(n) {
		if t.f.graph.edges[i].to == n {
			return true
		}
	}
	return false
}
