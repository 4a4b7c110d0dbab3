package natsevents

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go"
)

// rounds calls a function for all who wait for it, one call at a time. Each gets the
// result of a call that began later than the wait. If hundreds wait while a call runs,
// they share the next one.
type rounds struct {
	do func() error

	mu      sync.Mutex
	waiting []chan<- error // for the next call
	busy    bool           // whether the goroutine runs
	ended   bool
	running sync.WaitGroup
}

// add sends the result of the next call to answer, which must have room for it.
func (r *rounds) add(answer chan<- error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		answer <- nats.ErrConnectionClosed
		return
	}
	r.waiting = append(r.waiting, answer)
	if !r.busy {
		r.busy = true
		r.running.Go(r.run)
	}
}

// wait returns the result of the next call, or the context's error if that ends first.
func (r *rounds) wait(ctx context.Context) error {
	answer := make(chan error, 1)
	r.add(answer)
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *rounds) run() {
	var waiting []chan<- error
	for {
		r.mu.Lock()
		clear(waiting)
		waiting, r.waiting = r.waiting, waiting[:0]
		r.busy = len(waiting) > 0
		r.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		err := r.do()
		for _, answer := range waiting {
			answer <- err
		}
	}
}

// end makes all later calls fail, and waits for the one that runs.
func (r *rounds) end() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.running.Wait()
}
