package rollcall

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/rollcall-go/rollcall/internal/minheap"
	"github.com/rollcall-go/rollcall/ordering"
)

// parallel is the state of one parallel dispatch. Its workers call the listeners that are
// ready.
type parallel[E any] struct {
	call    *call[E]
	event   E
	mode    mode
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	told    sync.Once // for reporting once that the event is stopped

	mu       sync.Mutex
	changed  sync.Cond // signals a change of ready, running or over
	waits    []int32   // node → how many nodes it still waits for
	ready    minheap.Heap
	running  int
	over     bool    // no more listeners start
	first    error   // the first error of all listeners
	errs     []error // by index; nil until a listener fails
	panicked any     // the value of a panic to repeat in the caller's goroutine
}

// runParallel calls the listeners, several at a time, as their precedence allows.
func (c *call[E]) runParallel(ctx context.Context, e E, m mode) error {
	p := &parallel[E]{call: c, event: e, mode: m, waits: slices.Clone(c.precedence.waits)}
	p.changed.L = &p.mu
	p.ctx, p.cancel = context.WithCancel(ctx)
	defer p.cancel()
	for node, waits := range c.precedence.waits {
		if waits == 0 {
			p.admit(int32(node))
		}
	}
	for range min(c.policy.parallel, c.precedence.listeners) {
		p.workers.Go(p.work)
	}
	p.workers.Wait()
	return p.result()
}

// admit makes a listener ready. If the node is a gate, admit releases it at once.
func (p *parallel[E]) admit(node int32) {
	if int(node) < p.call.precedence.listeners {
		p.ready.Push(node)
		return
	}
	p.release(node)
}

// release admits the nodes that were waiting only for this node.
func (p *parallel[E]) release(node int32) {
	for _, next := range p.call.precedence.next[node] {
		if p.waits[next]--; p.waits[next] == 0 {
			p.admit(next)
		}
	}
}

// work calls ready listeners until there are none and none will become ready.
func (p *parallel[E]) work() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.over {
		switch {
		case len(p.ready) > 0:
			if i := p.ready.Pop(); p.passesOver(int(i)) {
				p.release(i)
			} else {
				p.running++
				p.callUnlocked(int(i))
			}
		case p.running > 0:
			p.changed.Wait()
		default:
			p.over = true
		}
	}
	p.changed.Broadcast()
}

// passesOver reports whether there is nothing to call for the listener at index i.
// Nothing is published after a failure, and one publication is for all of its listeners.
func (p *parallel[E]) passesOver(i int) bool {
	return p.call.loop.list.IsAsync(i) && (p.first != nil || i >= len(p.call.loop.funcs))
}

// callUnlocked calls the listener at index i without holding the lock, and notes how the
// call ended. If the listener ended its goroutine, a new worker takes over.
func (p *parallel[E]) callUnlocked(i int) {
	p.mu.Unlock()
	var err error
	stopped, returned := false, false
	defer func() {
		var value any
		if !returned {
			if value = recover(); value == nil { // runtime.Goexit
				err = p.call.loop.list.failed(i, p.event, ErrPanicPasses)
				p.workers.Go(p.work)
			}
		}
		p.mu.Lock()
		p.note(i, stopped, value, err)
	}()
	if p.mode.stop != nil {
		stopped, err = isStopped(p.event)
	}
	switch {
	case err != nil:
		stopped = true
	case !stopped:
		err = p.call.loop.single(p.ctx, p.event, p.mode, i)
	case p.mode.watch != nil:
		p.told.Do(func() { p.mode.watch.Stopped(i) })
	}
	returned = true
}

// note records how the listener at index i ended: the event was stopped before it, or it
// panicked with a value, or it returned err.
func (p *parallel[E]) note(i int, stopped bool, panicked any, err error) {
	p.running--
	if err != nil {
		if p.first == nil {
			p.first = err
		}
		if p.errs == nil {
			p.errs = make([]error, p.call.precedence.listeners)
		}
		p.errs[i] = err
	}
	if p.panicked == nil {
		p.panicked = panicked
	}
	before := len(p.ready)
	_, interrupted := err.(*InterruptedError) // of this dispatch: a listener's own error is wrapped
	switch {
	case stopped:
		p.over = true
	case panicked != nil || err != nil && (!p.call.policy.collect || interrupted):
		p.over = true
		p.cancel()
	default:
		p.release(int32(i))
	}
	if p.over || p.running == 0 || len(p.ready) > before {
		p.changed.Broadcast()
	}
}

// result returns the first error or, with CollectErrors, all errors in the order of the
// listeners. It repeats a panic that must pass through the caller.
func (p *parallel[E]) result() error {
	if p.panicked != nil {
		panic(p.panicked)
	}
	if !p.call.policy.collect {
		return p.first
	}
	return errors.Join(p.errs...)
}

// precedence is a graph that says which listeners must end before others may start. Its
// first nodes are the listeners, by their index in the list. The nodes after them are
// gates, which stand for no listener. A gate is passed when all nodes that it waits for
// have ended.
type precedence struct {
	listeners int
	waits     []int32   // node → how many nodes it waits for
	next      [][]int32 // node → the nodes that wait for it
}

// newPrecedence takes time proportional to the number of listeners, their labels and
// hints, and the entries of the sequences.
func newPrecedence(listeners []*Listener, sequences []ordering.Sequence) *precedence {
	n := len(listeners)
	p := &precedence{listeners: n, waits: make([]int32, n), next: make([][]int32, n)}
	meant := meantBy(listeners)
	p.connectHints(listeners, meant)
	for _, q := range sequences {
		p.connectSequence(q, meant)
	}
	p.barrier(listeners, isFirst)
	p.barrier(listeners, isNotLast)
	p.barrier(listeners, isSync)
	return p
}

// connect makes the node to wait for the node from.
func (p *precedence) connect(from, to int) {
	p.next[from] = append(p.next[from], int32(to))
	p.waits[to]++
}

// meantBy returns the indexes of the listeners that each target means: an ID, or "@" and a
// label.
func meantBy(listeners []*Listener) map[string][]int {
	meant := map[string][]int{}
	for i, x := range listeners {
		meant[x.ID] = append(meant[x.ID], i)
		for _, label := range x.Placement.Labels {
			if all := meant["@"+label]; len(all) == 0 || all[len(all)-1] != i {
				meant["@"+label] = append(all, i)
			}
		}
	}
	return meant
}

// connectHints connects each listener with its targets. Of a label, it does so through a
// gate that all who name the label share.
func (p *precedence) connectHints(listeners []*Listener, meant map[string][]int) {
	before, after := map[string]int{}, map[string]int{} // label → its gate
	for i, x := range listeners {
		for _, t := range x.Placement.Before {
			if _, isLabel := t.Label(); isLabel {
				p.connect(i, p.gateOf(t.ID, before, meant, func(gate, member int) { p.connect(gate, member) }))
				continue
			}
			for _, target := range meant[t.ID] {
				p.connect(i, target)
			}
		}
		for _, t := range x.Placement.After {
			if _, isLabel := t.Label(); isLabel {
				p.connect(p.gateOf(t.ID, after, meant, func(gate, member int) { p.connect(member, gate) }), i)
				continue
			}
			for _, target := range meant[t.ID] {
				p.connect(target, i)
			}
		}
	}
}

// gateOf returns the gate of a label. It connects a new one with the label's members.
func (p *precedence) gateOf(label string, gates map[string]int, meant map[string][]int, connect func(gate, member int)) int {
	gate, known := gates[label]
	if !known {
		gate = p.gateAfter(-1)
		gates[label] = gate
		for _, member := range meant[label] {
			connect(gate, member)
		}
	}
	return gate
}

// connectSequence connects the listeners of each entry with those of the next one.
func (p *precedence) connectSequence(q ordering.Sequence, meant map[string][]int) {
	var last []int
	for _, e := range q.Entries {
		next := meant[e.ID]
		if len(next) == 0 {
			continue
		}
		if len(last) > 0 {
			gate := p.gateAfter(-1)
			for _, i := range last {
				p.connect(i, gate)
			}
			for _, i := range next {
				p.connect(gate, i)
			}
		}
		last = next
	}
}

// barrier makes each listener that does not hold others up wait for all listeners before
// it that do. Each run of consecutive listeners that hold others up ends in a gate.
func (p *precedence) barrier(listeners []*Listener, holdsUp func(*Listener) bool) {
	gate, open := -1, -1 // the gate after all earlier runs; the gate of the current run
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

// gateAfter adds a gate that waits for another gate, or for none if gate is -1. It
// returns the new gate.
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
