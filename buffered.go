package rollcall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Buffered keeps events until Flush dispatches them, as after the reply to a
// request. Whoever dispatches through it must not expect listeners to have
// changed the event. The buffer has no limit: flush it.
type Buffered struct {
	dispatcher Dispatcher
	buffers    func(ev any) bool

	mu     sync.Mutex
	events []any
}

// NewBuffered buffers the events for which the discriminator buffers is true
// and passes others on at once. A nil discriminator buffers all.
func NewBuffered(d Dispatcher, buffers func(ev any) bool) *Buffered {
	return &Buffered{dispatcher: d, buffers: buffers}
}

// Dispatch buffers ev or passes it on. An event that is already stopped is
// dropped. The error is that of the dispatcher for an event that is passed on,
// or a *NilError for nil.
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

// keeps asks the discriminator.
func (b *Buffered) keeps(ev any) (keep bool, err error) {
	if b.buffers == nil {
		return true, nil
	}
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("asking the discriminator about a %T: %w", ev, newPanicError(value))
		}
	}()
	return b.buffers(ev), nil
}

// Flush dispatches, in order and with this context, the events that are
// buffered now, and returns them. It goes on after an error and joins all
// errors. If the context ends, the remaining events stay in the buffer.
// Events that come meanwhile wait for the next Flush.
func (b *Buffered) Flush(ctx context.Context) (dispatched []any, err error) {
	b.mu.Lock()
	batch := b.events
	b.events = nil
	b.mu.Unlock()
	defer func() { // what is left goes in front of what came meanwhile
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
