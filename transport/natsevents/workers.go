package natsevents

import "sync"

// workers handle items concurrently. One goroutine may handle a few items in turn if that
// takes less time than starting another goroutine.
type workers[T any] struct {
	handle  func(T)
	running sync.WaitGroup

	mu       sync.Mutex
	waiting  fifo[T]
	starting bool // whether a new goroutine has not begun yet
}

// add queues an item and returns at once.
func (w *workers[T]) add(item T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting.push(item)
	w.start()
}

// start starts a goroutine if items wait. If another goroutine is still starting, start
// does nothing, because that goroutine will call start, too. The caller must hold the
// lock.
func (w *workers[T]) start() {
	if !w.waiting.empty() && !w.starting {
		w.starting = true
		w.running.Go(w.work)
	}
}

// work handles one item after another until there are none. It does not hold the lock
// while it handles an item, because a handler may end its goroutine, as t.FailNow does.
func (w *workers[T]) work() {
	w.mu.Lock()
	w.starting = false
	for !w.waiting.empty() {
		item := w.waiting.pop()
		w.start()
		w.mu.Unlock()
		w.handle(item)
		w.mu.Lock()
	}
	w.mu.Unlock()
}

// wait waits until all items that were added before are handled.
func (w *workers[T]) wait() { w.running.Wait() }
