package nats

import "sync"

// workers run functions at the same time, and few of them one after another in
// one goroutine, where they take less time than a goroutine does to start.
type workers struct {
	running sync.WaitGroup

	mu       sync.Mutex
	waiting  []func()
	starting bool // a goroutine is about to take one
}

// do runs a function soon.
func (w *workers) do(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, f)
	w.start()
}

// start starts a goroutine for what waits, unless there is one that has not
// begun yet: that one starts the next. It needs the lock.
func (w *workers) start() {
	if len(w.waiting) > 0 && !w.starting {
		w.starting = true
		w.running.Go(w.work)
	}
}

// work runs one function after another while there are any.
func (w *workers) work() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starting = false
	for len(w.waiting) > 0 {
		f := w.waiting[0]
		w.waiting[0] = nil
		w.waiting = w.waiting[1:]
		w.start()
		w.mu.Unlock()
		f()
		w.mu.Lock()
	}
}

// wait waits until all have ended that were given to do before.
func (w *workers) wait() { w.running.Wait() }
