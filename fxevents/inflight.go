package fxevents

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// inFlight has the deliveries whose listeners run, and logs those that run long. It has
// one timer for all deliveries. The timer runs out once in a while even if all deliveries
// are short, and is not touched by most of them.
type inFlight struct {
	logger *slog.Logger // nil: slog.Default()

	mu      sync.Mutex
	running map[*handling]struct{}
	timer   *time.Timer // nil before the first delivery
	wake    time.Time   // when the timer runs out; zero if it does not run
}

// handling is a delivery whose listeners run.
type handling struct {
	event, key, id string
	attempt        int
	began          time.Time
	due            time.Duration // the age at which it is logged next
}

func newInFlight(l *slog.Logger) *inFlight {
	return &inFlight{logger: l, running: map[*handling]struct{}{}}
}

// begin adds a delivery. The caller must call end when its listeners have returned.
func (f *inFlight) begin(s transport.Subscription, d transport.Delivery) *handling {
	h := &handling{s.Event, s.Key, d.ID, d.Attempt, time.Now(), s.Slow}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running[h] = struct{}{}
	if due := h.began.Add(h.due); f.wake.IsZero() || due.Before(f.wake) {
		f.wakeAt(due, h.due)
	}
	return h
}

func (f *inFlight) end(h *handling) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.running, h)
}

// wakeAt sets the timer. The caller must hold the lock.
func (f *inFlight) wakeAt(at time.Time, after time.Duration) {
	if f.wake = at; f.timer == nil {
		f.timer = time.AfterFunc(after, f.logSlow)
		return
	}
	f.timer.Reset(after)
}

// logSlow logs the deliveries that are due, and sets the timer for the next one.
func (f *inFlight) logSlow() {
	now := time.Now()
	for _, h := range f.due(now) {
		h.log(f.logger, "listener is still running", now)
	}
}

// due returns the deliveries that are to be logged now, and doubles the age at which each
// is logged next.
func (f *inFlight) due(now time.Time) []*handling {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wake = time.Time{}
	var due []*handling
	for h := range f.running {
		age := now.Sub(h.began)
		if age >= h.due {
			due = append(due, h)
		}
		for h.due <= age {
			h.due *= 2
		}
		if next := h.began.Add(h.due); f.wake.IsZero() || next.Before(f.wake) {
			f.wake = next
		}
	}
	if !f.wake.IsZero() {
		f.wakeAt(f.wake, f.wake.Sub(now))
	}
	return oldestFirst(due)
}

// logLeft logs the deliveries whose listeners still run when the application has no more
// time to stop.
func (f *inFlight) logLeft() {
	f.mu.Lock()
	var left []*handling
	for h := range f.running {
		left = append(left, h)
	}
	f.mu.Unlock()
	for _, h := range oldestFirst(left) {
		h.log(f.logger, "listener did not return before the stop timeout; its event will be redelivered", time.Now())
	}
}

func oldestFirst(list []*handling) []*handling {
	slices.SortFunc(list, func(x, y *handling) int { return x.began.Compare(y.began) })
	return list
}

func (h *handling) log(l *slog.Logger, message string, now time.Time) {
	orDefault(l).LogAttrs(context.Background(), slog.LevelWarn, message, slog.String("event", h.event), slog.String("key", h.key),
		slog.String("id", h.id), slog.Int("attempt", h.attempt), slog.Duration("age", now.Sub(h.began).Truncate(time.Millisecond)))
}
