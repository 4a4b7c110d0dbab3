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
	p.connectFirst(l)
	p.connectLast(l)
	return p
}

// connect lets to wait for from.
func (p *Precedence) connect(from, to int) {
	p.Next[from] = append(p.Next[from], int32(to))
	p.Waits[to]++
}

func (p *Precedence) gate() int {
	p.Waits, p.Next = append(p.Waits, 0), append(p.Next, nil)
	return len(p.Waits) - 1
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

// connectFirst lets every other listener wait for the first ones that stand
// before it, through a gate behind each run of these.
func (p *Precedence) connectFirst(l *List) {
	gate, open := -1, -1 // of all first ones so far; being filled
	for i, x := range l.listeners {
		switch isFirst := x.Placement.Priority == ordering.First(); {
		case isFirst && open < 0:
			open = p.gate()
			if gate >= 0 {
				p.connect(gate, open)
			}
			fallthrough
		case isFirst:
			p.connect(i, open)
		case open >= 0:
			gate, open = open, -1
			fallthrough
		case gate >= 0:
			p.connect(gate, i)
		}
	}
}

// connectLast lets each last listener wait for all others that stand before it.
func (p *Precedence) connectLast(l *List) {
	gate, open := -1, -1 // of all others up to the last one; being filled
	for i, x := range l.listeners {
		switch isLast := x.Placement.Priority == ordering.Last(); {
		case !isLast && open < 0:
			open = p.gate()
			if gate >= 0 {
				p.connect(gate, open)
			}
			fallthrough
		case !isLast:
			p.connect(i, open)
		case open >= 0:
			gate, open = open, -1
			fallthrough
		case gate >= 0:
			p.connect(gate, i)
		}
	}
}
