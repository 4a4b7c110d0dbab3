package rollcall

import "github.com/rollcall-go/rollcall/ordering"

// precedence is what hints say about which listener must end before which may start.
// Its nodes are the listeners, by their index in the list, and behind them gates, which
// stand for no listener: a gate is passed when all that it waits for have ended.
type precedence struct {
	listeners int
	waits     []int32   // node → how many nodes it waits for
	next      [][]int32 // node → the nodes that wait for it
}

// newPrecedence takes time linear to listeners and hints.
func newPrecedence(listeners []*Listener) *precedence {
	n := len(listeners)
	p := &precedence{listeners: n, waits: make([]int32, n), next: make([][]int32, n)}
	p.connectHints(listeners)
	p.barrier(listeners, isFirst)
	p.barrier(listeners, isNotLast)
	p.barrier(listeners, isSync)
	return p
}

// connect lets to wait for from.
func (p *precedence) connect(from, to int) {
	p.next[from] = append(p.next[from], int32(to))
	p.waits[to]++
}

func (p *precedence) connectHints(listeners []*Listener) {
	byID := map[string][]int{}
	for i, x := range listeners {
		byID[x.ID] = append(byID[x.ID], i)
	}
	for i, x := range listeners {
		for _, t := range x.Placement.Before {
			for _, target := range byID[t.ID] {
				p.connect(i, target)
			}
		}
		for _, t := range x.Placement.After {
			for _, target := range byID[t.ID] {
				p.connect(target, i)
			}
		}
	}
}

// barrier lets every listener that does not hold others up wait for all that
// do and stand before it, through a gate behind each run of these.
func (p *precedence) barrier(listeners []*Listener, holdsUp func(*Listener) bool) {
	gate, open := -1, -1 // behind all so far; being filled
	for i, x := range listeners {
		if holdsUp(x) {
			if open < 0 {
				open = p.gateAfter(gate)
			}
			p.connect(i, open)
			continue
		}
		if open >= 0 {
			gate, open = open, -1
		}
		if gate >= 0 {
			p.connect(gate, i)
		}
	}
}

// gateAfter is a new gate that waits for another, -1 for none.
func (p *precedence) gateAfter(gate int) int {
	p.waits, p.next = append(p.waits, 0), append(p.next, nil)
	added := len(p.waits) - 1
	if gate >= 0 {
		p.connect(gate, added)
	}
	return added
}

func isFirst(l *Listener) bool   { return l.Placement.Priority == ordering.First() }
func isSync(l *Listener) bool    { return l.Async == "" }
func isNotLast(l *Listener) bool { return l.Placement.Priority != ordering.Last() }
