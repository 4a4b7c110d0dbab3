package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// outboxView shows an outbox.
type outboxView struct {
	transport.OutboxStats
	Age, Rate, Err string
}

// outboxView returns the view of the outbox, or nil if there is none.
func (h *handler) outboxView(ctx context.Context) *outboxView {
	if h.outbox == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, backlogLimit)
	defer cancel()
	s, err := within(ctx, h.outbox.OutboxStats)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil // it wraps a transport without an outbox
	}
	if err != nil {
		return &outboxView{Err: unknown(err)}
	}
	v := &outboxView{OutboxStats: s, Age: age(s.Oldest)}
	if perSecond, ok := h.rate.of(time.Now(), s.Published); ok {
		v.Rate = fmt.Sprintf("%.0f", perSecond)
	}
	return v
}

// rate measures how fast a count grows, from one view of a page to the next. It may be used
// concurrently.
type rate struct {
	mu        sync.Mutex
	at        time.Time // of the last look; zero before the first one
	count     uint64
	perSecond float64
	known     bool
}

// of returns the rate since the last look, or that of the last look if that is less than a
// second ago. It is unknown at the first look.
func (r *rate) of(now time.Time, count uint64) (perSecond float64, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch since := now.Sub(r.at); {
	case r.at.IsZero():
		r.at, r.count = now, count
	case since >= time.Second:
		r.perSecond, r.known = float64(max(count, r.count)-r.count)/since.Seconds(), true
		r.at, r.count = now, count
	}
	return r.perSecond, r.known
}
