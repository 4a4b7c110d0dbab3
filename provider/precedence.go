package provider

import "github.com/rollcall-go/rollcall/ordering"

// Precedence is what a list's hints say about which listener must end before
// which may start. Its nodes are the listeners, by their index in the list,
// and behind them gates, which stand for no listener: a gate is passed when all
// that it waits for have ended. It is for dispatchers and must not be changed.
type Precedence struct {
	Listeners int
	Waits     []int32   // node → how many nodes it waits for
	Next      [][]int32 // node → the nodes that wait for it
}

// Precedence gives the precedence of the listeners. The first call computes it,
// in time linear to listeners and hints. Where no sort placed the listeners,
// each waits for the one before it.
func (l *List) Precedence() *Precedence {
	if l == nil {
		return &Precedence{}
	}
	if p := l.precedence.Load(); p != nil {
		return p
	}
	p := newPrecedence(l)
	l.precedence.CompareAndSwap(nil, p)
	return p
}

func newPrecedence(l *List) *Precedence {
	n := len(l.listeners)
	p := &Precedence{Listeners: n, Waits: make([]int32, n), Next: make([][]int32, n)}
	if !l.sorted {
		for i := 1; i < n; i++ {
			p.connect(i-1, i)
		}
		return p
	}
	p.connectHints(l)
	p.barrier(l, isFirst)
	p.barrier(l, isNotLast)
	p.barrier(l, isSync)
	return p
}

// connect lets to wait for from.
func (p *Precedence) connect(from, to int) {
	p.Next[from] = append(p.Next[from], int32(to))
	p.Waits[to]++
}

func (p *Precedence) connectHints(l *List) {
	byID := map[string][]int{}
	for i, x := range l.listeners {
		byID[x.ID] = append(byID[x.ID], i)
	}
	for i, x := range l.listeners {
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
func (p *Precedence) barrier(l *List, holdsUp func(*Listener) bool) {
	gate, open := -1, -1 // behind all so far; being filled
	for i, x := range l.listeners {
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
func (p *Precedence) gateAfter(gate int) int {
	p.Waits, p.Next = append(p.Waits, 0), append(p.Next, nil)
	added := len(p.Waits) - 1
	if gate >= 0 {
		p.connect(gate, added)
	}
	return added
}

func isFirst(l *Listener) bool   { return l.Placement.Priority == ordering.First() }
func isSync(l *Listener) bool    { return !isAsync(l) }
func isNotLast(l *Listener) bool { return l.Placement.Priority != ordering.Last() }
