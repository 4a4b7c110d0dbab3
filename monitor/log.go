package monitor

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/transport"
)

// Log returns an observer that logs a record for each listener that was called and one
// for each dispatch. The level is slog.LevelWarn if the listener or dispatch failed, and
// slog.LevelDebug otherwise. If sample is n, one of n dispatches is logged, chosen at
// random. Failures in the others are not logged. 0 and 1 log all dispatches. A nil logger
// is slog.Default().
//
// A record has these attributes, if they apply:
//   - event, duration, error
//   - listener: in the record of a listener
//   - called, listeners: in the record of a dispatch, how many listeners were called, and
//     how many there are; asynchronous listeners do not count
//   - stopped_by: in the record of a dispatch, the listener that stopped the event
//   - id, attempt: the delivery, if a receiver calls asynchronous listeners
//
// The event itself is never logged.
//
// If the logger enables neither level, a dispatch costs a few nanoseconds more. If it enables
// warnings only, a dispatch reads the clock twice for each listener.
func Log(logger *slog.Logger, sample int) rollcall.Observer {
	if logger == nil {
		logger = slog.Default()
	}
	return &logging{logger: logger, sampler: newSampler(sample)}
}

type logging struct {
	logger  *slog.Logger
	sampler sampler
}

func (l *logging) Begin(ctx context.Context, d rollcall.Dispatched) (context.Context, rollcall.Observation) {
	if !l.logger.Enabled(ctx, slog.LevelWarn) && !l.logger.Enabled(ctx, slog.LevelDebug) || !l.sampler.takes() {
		return ctx, nil
	}
	return ctx, &loggedDispatch{
		logger: l.logger, ctx: ctx, dispatched: d, begun: time.Now(),
		starts: make([]time.Time, d.Listeners.Len()), last: -1,
	}
}

// loggedDispatch observes one dispatch for the log.
type loggedDispatch struct {
	logger     *slog.Logger
	ctx        context.Context
	dispatched rollcall.Dispatched
	begun      time.Time
	starts     []time.Time // by index

	mu      sync.Mutex // listeners may run in parallel
	called  int
	last    int // the index of the listener that returned last, or -1
	stopped bool
}

func (l *loggedDispatch) Calling(ctx context.Context, i int) context.Context {
	l.starts[i] = time.Now()
	return ctx
}

func (l *loggedDispatch) Returned(i int, err error) {
	if l.starts[i].IsZero() { // another observer panicked before Calling
		return
	}
	took := time.Since(l.starts[i])
	l.mu.Lock()
	l.called++
	l.last = i
	l.mu.Unlock()
	if level, ok := l.takes(err); ok {
		l.log(level, "listener called", err, slog.String("event", l.dispatched.Event),
			slog.String("listener", l.dispatched.Listeners.At(i).ID), slog.Duration("duration", took))
	}
}

func (l *loggedDispatch) Stopped(int) { l.stopped = true }

func (l *loggedDispatch) End(err error) {
	level, ok := l.takes(err)
	if !ok {
		return
	}
	attributes := []slog.Attr{
		slog.String("event", l.dispatched.Event), slog.Duration("duration", time.Since(l.begun)),
		slog.Int("called", l.called), slog.Int("listeners", callable(l.dispatched.Listeners)),
	}
	if l.stopped && l.last >= 0 {
		attributes = append(attributes, slog.String("stopped_by", l.dispatched.Listeners.At(l.last).ID))
	}
	l.log(level, "event dispatched", err, attributes...)
}

// callable counts the listeners that a dispatch calls.
func callable(list *rollcall.Listeners) int {
	n := 0
	for i := range list.Len() {
		if !list.IsAsync(i) {
			n++
		}
	}
	return n
}

// takes returns the level for an error, which may be nil, and whether the logger enables
// that level.
func (l *loggedDispatch) takes(err error) (slog.Level, bool) {
	level := slog.LevelDebug
	if err != nil {
		level = slog.LevelWarn
	}
	return level, l.logger.Enabled(l.ctx, level)
}

func (l *loggedDispatch) log(level slog.Level, message string, err error, attributes ...slog.Attr) {
	if d, ok := transport.DeliveryOf(l.ctx); ok {
		attributes = append(attributes, slog.String("id", d.ID), slog.Int("attempt", d.Attempt))
	}
	if err != nil {
		attributes = append(attributes, slog.Any("error", err))
	}
	l.logger.LogAttrs(l.ctx, level, message, attributes...)
}
