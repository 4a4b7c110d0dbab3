package sqlevents_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// recorder is an inner transport that keeps what it confirms. It closes nothing, so several
// outboxes may share it.
type recorder struct {
	transport.Transport
	fails func(transport.Message) error // nil for never; set before use

	mu        sync.Mutex
	confirmed []transport.Message
	changed   chan struct{} // closed and replaced at each confirmation
}

func newRecorder() *recorder { return &recorder{changed: make(chan struct{})} }

func (r *recorder) Publish(_ context.Context, m transport.Message) error {
	if r.fails != nil {
		if err := r.fails(m); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.confirmed = append(r.confirmed, m.Clone())
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

func (r *recorder) all() []transport.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.confirmed)
}

// ids returns the IDs in the order of their first confirmation.
func (r *recorder) ids() []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range r.all() {
		if !seen[m.ID] {
			list = append(list, m.ID)
		}
		seen[m.ID] = true
	}
	return list
}

// await waits until n different messages are confirmed.
func (r *recorder) await(t *testing.T, n int) {
	t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		got := len(r.ids())
		if got >= n {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			t.Fatalf("%d of %d messages were published", got, n)
		}
	}
}

func publish(t *testing.T, o *sqlevents.Transport, ms ...transport.Message) {
	t.Helper()
	for _, m := range ms {
		if err := o.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}
