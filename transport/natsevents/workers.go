package natsevents

import "sync"

// workers handle items concurrently. One goroutine may handle a few items in turn if that
// takes less time than starting another goroutine.
type workers[T any] struct {
	handle  func(T)
	running sync.WaitGroup

	mu       sync.Mutex
	waiting  fifo[T]
	starting bool // a goroutine is about to take one
}

// add has an item handled soon.
func (w *workers[T]) add(item T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting.push(item)
	w.start()
}

// start starts a goroutine for what waits, unless there is one that has not
// begun yet: that one starts the next. It needs the lock.
func (w *workers[T]) start() {
	if !w.waiting.empty() && !w.starting {
		w.starting = true
		w.running.Go(w.work)
	}
}

// work handles one item after another while there are any. The lock is not held by
// a handler that ends its goroutine, as t.FailNow does.
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

// wait waits until all items are handled that were added before.
func (w *workers[T]) wait() { w.running.Wait() }
