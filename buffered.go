package rollcall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Buffered is a Dispatcher that keeps events until Flush dispatches them, for example
// after the reply to a request. Listeners may not have run when its Dispatch returns. The
// buffer has no limit: flush it. Make it with [NewBuffered].
type Buffered struct {
	dispatcher Dispatcher
	buffers    func(ev any) bool

	mu     sync.Mutex
	events []any
}

// NewBuffered returns a Buffered that keeps an event if buffers returns true for it, and
// passes it to d at once otherwise. A nil function keeps every event. The function may be
// called concurrently. Its panic becomes the error of the dispatch.
func NewBuffered(d Dispatcher, buffers func(ev any) bool) *Buffered {
	return &Buffered{dispatcher: d, buffers: buffers}
}

// Dispatch buffers ev or passes it on. It drops an event that is already stopped. It
// returns the dispatcher's error for an event that it passes on, and a *NilError for a nil
// event.
func (b *Buffered) Dispatch(ctx context.Context, ev any) error {
	if ev == nil {
		return &NilError{What: "event"}
	}
	if stopped, err := isStopped(ev); stopped || err != nil {
		return err
	}
	keep, err := b.keeps(ev)
	if err != nil {
		return err
	}
	if !keep {
		_, err := Dispatch(ctx, b.dispatcher, ev)
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, ev)
	return nil
}

// keeps reports whether the function buffers wants to keep ev. A panic becomes the error.
func (b *Buffered) keeps(ev any) (keep bool, err error) {
	if b.buffers == nil {
		return true, nil
	}
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("asking buffers about a %T: %w", ev, newPanicError(value))
		}
	}()
	return b.buffers(ev), nil
}

// Flush dispatches the buffered events in order and returns those that it has
// dispatched. Listeners get ctx, not the context of the buffering Dispatch. Flush
// continues after an error and joins all errors. If ctx ends, the remaining events stay
// in the buffer. Events that are buffered meanwhile wait for the next Flush.
func (b *Buffered) Flush(ctx context.Context) (dispatched []any, err error) {
	b.mu.Lock()
	batch := b.events
	b.events = nil
	b.mu.Unlock()
	defer func() { // put the remaining events in front of those buffered meanwhile
		b.mu.Lock()
		defer b.mu.Unlock()
		b.events = slices.Concat(batch[len(dispatched):], b.events)
	}()
	var problems []error
	for _, ev := range batch {
		if err := ctx.Err(); err != nil {
			problems = append(problems, err)
			break
		}
		dispatched = batch[: len(dispatched)+1 : len(dispatched)+1]
		if _, err := Dispatch(ctx, b.dispatcher, ev); err != nil {
			problems = append(problems, err)
		}
	}
	return dispatched, errors.Join(problems...)
}

// Len is the number of events in the buffer.
func (b *Buffered) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.events)
}
