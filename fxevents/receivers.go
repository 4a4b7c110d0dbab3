package fxevents

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.uber.org/fx"
)

// receivers are the subscriptions of an application that runs.
type receivers struct {
	outbox        *outbox
	shutdowner    fx.Shutdowner
	subscriptions []subscribed

	cancel   context.CancelFunc
	ended    sync.WaitGroup
	shutdown sync.Once

	mu       sync.Mutex
	running  []string
	problems []error
}

// start declares all receivers, also those of other processes, and subscribes
// those of this one.
func (r *receivers) start(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(r.outbox.events)) {
		if err := r.outbox.events[name].declare(ctx, r.outbox.transport); err != nil {
			return fmt.Errorf("rollcall: declaring the receivers of %s: %w", name, err)
		}
	}
	running, cancel := context.WithCancel(context.Background())
	r.cancel, r.shutdown, r.problems = cancel, sync.Once{}, nil
	for _, s := range r.subscriptions {
		r.running = append(r.running, s.String())
	}
	for _, s := range r.subscriptions { // the first may end before the last begins
		r.ended.Go(func() { r.receive(running, s) })
	}
	return nil
}

func (r *receivers) receive(ctx context.Context, s subscribed) {
	err := s.receiver.Receive(ctx, r.outbox.transport, s.event)
	if err == nil && ctx.Err() == nil {
		err = errors.New("the transport ended the subscription")
	}
	r.mu.Lock()
	r.running = slices.DeleteFunc(r.running, func(x string) bool { return x == s.String() })
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("rollcall: receiving %v: %w", s, err))
	}
	r.mu.Unlock()
	if err != nil {
		r.shutdown.Do(func() { // Fx's is not for concurrent use
			_ = r.shutdowner.Shutdown(fx.ExitCode(1)) // it fails where the application stops already
		})
	}
}

// stop ends the subscriptions and waits for the listeners that run.
func (r *receivers) stop(ctx context.Context) error {
	r.cancel()
	ended := make(chan struct{})
	go func() { r.ended.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil && len(r.running) > 0 {
		r.problems = append(r.problems, fmt.Errorf("rollcall: listeners of %s still run; their events will come again: %w",
			strings.Join(r.running, ", "), err))
	}
	return errors.Join(r.problems...)
}
