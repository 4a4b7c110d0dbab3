package otelevents

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// buckets are the boundaries that the conventions recommend for database calls, and two
// smaller ones. A listener that does little takes only microseconds.
var buckets = metric.WithExplicitBucketBoundaries(
	0.00001, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)

// instruments are the metrics.
type instruments struct {
	dispatches, errors             metric.Int64Counter
	dispatchDuration, callDuration metric.Float64Histogram
}

func newInstruments(m metric.Meter) instruments {
	return instruments{
		dispatches: counter(m, "rollcall.dispatches",
			metric.WithUnit("{dispatch}"), metric.WithDescription("Dispatches that began, also of events that nobody listens to.")),
		errors: counter(m, "rollcall.listener.errors",
			metric.WithUnit("{error}"), metric.WithDescription("Calls of a listener that returned an error or panicked.")),
		dispatchDuration: histogram(m, "rollcall.dispatch.duration",
			metric.WithUnit("s"), metric.WithDescription("Duration of dispatches that have listeners."), buckets),
		callDuration: histogram(m, "rollcall.listener.duration",
			metric.WithUnit("s"), metric.WithDescription("Duration of the calls of a listener."), buckets),
	}
}

// counter creates a counter. If the meter returns none, the counter is a no-op.
func counter(m metric.Meter, name string, options ...metric.Int64CounterOption) metric.Int64Counter {
	c, err := m.Int64Counter(name, options...)
	if err != nil {
		otel.Handle(err)
	}
	if c == nil {
		return noop.Int64Counter{}
	}
	return c
}

// histogram creates a histogram. If the meter returns none, the histogram is a no-op.
func histogram(m metric.Meter, name string, options ...metric.Float64HistogramOption) metric.Float64Histogram {
	h, err := m.Float64Histogram(name, options...)
	if err != nil {
		otel.Handle(err)
	}
	if h == nil {
		return noop.Float64Histogram{}
	}
	return h
}

// enabled reports whether any metric besides the count of dispatches is enabled.
func (s *instruments) enabled(ctx context.Context) bool {
	return s.callDuration.Enabled(ctx) || s.dispatchDuration.Enabled(ctx) || s.errors.Enabled(ctx)
}

// returned records the metrics of a listener that has returned.
func (s *instruments) returned(c *call, err error) {
	s.callDuration.Record(c.ctx, time.Since(c.began).Seconds(), c.listener.record...)
	if err != nil {
		s.errors.Add(c.ctx, 1, c.listener.add...)
	}
}

// ended records the duration of a dispatch that has ended.
func (s *instruments) ended(o *observation) {
	s.dispatchDuration.Record(o.ctx, time.Since(o.began).Seconds(), o.event.record...)
}
