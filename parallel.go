package rollcall

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/rollcall-go/rollcall/internal/minheap"
	"github.com/rollcall-go/rollcall/ordering"
)

// parallel is one parallel dispatch under way. Its workers call the listeners that are
// ready.
type parallel[E any] struct {
	call    *call[E]
	event   E
	mode    mode
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	told    sync.Once // that the event is stopped

	mu       sync.Mutex
	changed  sync.Cond // ready, running or over has
	waits    []int32   // node → how many nodes it still waits for
	ready    minheap.Heap
	running  int
	over     bool    // start no more
	first    error   // of all listeners
	errs     []error // by index, once there is one
	panicked any     // the value of a panic that is to pass through the caller
}

// runParallel calls the listeners as their precedence allows.
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

// admit makes a listener ready. A gate is passed at once.
func (p *parallel[E]) admit(node int32) {
	if int(node) < p.call.precedence.listeners {
		p.ready.Push(node)
		return
	}
	p.release(node)
}

// release lets those go on that waited for a node.
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

// passesOver reports whether there is nothing to call: what failed is not published, and
// one publication is for all of its listeners.
func (p *parallel[E]) passesOver(i int) bool {
	return p.call.loop.list.IsAsync(i) && (p.first != nil || i >= len(p.call.loop.funcs))
}

// callUnlocked calls the listener at index i without the lock and notes how it ended. If
// it ended its goroutine, another worker takes over.
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

// note notes how the listener at index i ended: that the event was stopped before it, the
// value of its panic, or its error.
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
	_, interrupted := err.(*InterruptedError) // this dispatch, and not one that the listener made
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

// result returns the first error, or with CollectErrors all in the listeners' order.
func (p *parallel[E]) result() error {
	if p.panicked != nil {
		panic(p.panicked)
	}
	if !p.call.policy.collect {
		return p.first
	}
	return errors.Join(p.errs...)
}

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
