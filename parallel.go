package rollcall

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/rollcall-go/rollcall/internal/minheap"
)

// runParallel calls the listeners as their precedence allows. The caller's
// goroutine is one of the workers.
func (c *call[E]) runParallel(ctx context.Context, e E, m mode) error {
	p := &parallel[E]{call: c, event: e, mode: m, waits: slices.Clone(c.precedence.waits)}
	p.ctx, p.cancel = context.WithCancel(ctx)
	defer p.abandon() // where a listener ends this goroutine
	p.mu.Lock()
	p.workers = 1
	for node, waits := range c.precedence.waits {
		if waits == 0 {
			p.admit(int32(node))
		}
	}
	p.work()
	p.others.Wait()
	return p.result()
}

// abandon starts no more listeners, and waits for those that run.
func (p *parallel[E]) abandon() {
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	p.cancel()
	p.others.Wait()
}

// parallel is one parallel dispatch under way.
type parallel[E any] struct {
	call   *call[E]
	event  E
	mode   mode
	ctx    context.Context
	cancel context.CancelFunc
	others sync.WaitGroup
	told   sync.Once // that the event is stopped

	mu       sync.Mutex
	waits    []int32 // node → how many nodes it still waits for
	ready    minheap.Heap
	workers  int // those that are running, and
	hired    int // of these, those that have not begun
	over     bool
	problems []problem // by the time they came
	panicked *passedPanic
}

// problem is the error of the listener at an index.
type problem struct {
	index int
	err   error
}

// passedPanic is a panic that is to pass through the caller.
type passedPanic struct{ value any }

// admit makes a listener ready. A gate is passed at once.
func (p *parallel[E]) admit(node int32) {
	if int(node) < p.call.precedence.listeners {
		p.ready.Push(node)
		return
	}
	p.release(node)
}

// release lets those go on who waited for a node.
func (p *parallel[E]) release(node int32) {
	for _, next := range p.call.precedence.next[node] {
		if p.waits[next]--; p.waits[next] == 0 {
			p.admit(next)
		}
	}
}

// work calls ready listeners while there are any. It is entered with the lock
// held and leaves it released.
func (p *parallel[E]) work() {
	for len(p.ready) > 0 && !p.over {
		i := p.ready.Pop()
		if p.passesOver(int(i)) {
			p.release(i)
			continue
		}
		p.hire()
		p.mu.Unlock()
		passed, stopped, err := p.one(int(i))
		p.mu.Lock()
		p.ended(int(i), passed, stopped, err)
	}
	p.workers--
	p.mu.Unlock()
}

// passesOver says whether there is nothing to call: what failed is not published,
// and one publication is for all of its listeners.
func (p *parallel[E]) passesOver(i int) bool {
	return p.call.loop.list.IsAsync(i) && (len(p.problems) > 0 || i >= len(p.call.loop.funcs))
}

// hire starts workers for what is ready, as many as the limit allows.
func (p *parallel[E]) hire() {
	for p.hired < len(p.ready) && p.workers < p.call.policy.parallel {
		p.hired++
		p.workers++
		p.others.Go(func() {
			defer p.replace()
			p.mu.Lock()
			p.hired--
			p.work()
		})
	}
}

// replace hires for what is ready where a listener has ended the goroutine of a
// worker.
func (p *parallel[E]) replace() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.hire()
	}
}

func (p *parallel[E]) ended(i int, passed *passedPanic, stopped bool, err error) {
	if err != nil {
		p.problems = append(p.problems, problem{i, err})
	}
	if p.panicked == nil {
		p.panicked = passed
	}
	if stopped || passed != nil || err != nil && (!p.call.policy.collect || isInterrupted(err)) {
		p.over = true
		if !stopped {
			p.cancel()
		}
		return
	}
	p.release(int32(i))
}

// isInterrupted says whether this dispatch was interrupted, and not one that the
// listener made and returned the error of.
func isInterrupted(err error) bool {
	_, ok := err.(*InterruptedError)
	return ok
}

// one is ask, and notes what ends its goroutine. What panics here is an
// observer.
func (p *parallel[E]) one(i int) (passed *passedPanic, stopped bool, err error) {
	returned := false
	defer func() {
		if returned || passed != nil {
			return
		}
		if value := recover(); value != nil {
			passed = &passedPanic{value}
		} else { // runtime.Goexit: this worker ends here
			p.mu.Lock()
			p.ended(i, nil, false, p.call.loop.list.failed(i, p.event, ErrPanicPasses))
			p.workers--
			p.mu.Unlock()
		}
	}()
	passed, stopped, err = p.ask(i)
	returned = true
	return passed, stopped, err
}

// ask calls the listener at index i unless the event or the context ends that.
func (p *parallel[E]) ask(i int) (passed *passedPanic, stopped bool, err error) {
	if p.mode.passPanics {
		defer func() {
			if value := recover(); value != nil {
				passed = &passedPanic{value}
			}
		}()
	}
	if p.mode.stop != nil {
		if stopped, err := isStopped(p.event); stopped || err != nil {
			if err == nil && p.mode.watch != nil {
				p.told.Do(func() { p.mode.watch.Stopped(i) })
			}
			return nil, true, err
		}
	}
	return nil, false, p.call.loop.single(p.ctx, p.event, p.mode, i)
}

// result is the first error, or with CollectErrors all in the listeners' order.
func (p *parallel[E]) result() error {
	switch {
	case p.panicked != nil:
		panic(p.panicked.value)
	case len(p.problems) == 0:
		return nil
	case !p.call.policy.collect:
		return p.problems[0].err
	}
	slices.SortStableFunc(p.problems, func(a, b problem) int { return a.index - b.index })
	errs := make([]error, len(p.problems))
	for i, x := range p.problems {
		errs[i] = x.err
	}
	return errors.Join(errs...)
}
