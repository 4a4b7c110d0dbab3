package otelevents

import (
	"context"
	"runtime/debug"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/rollcall-go/rollcall"
)

// scope is the name of the instrumentation scope.
const scope = "github.com/rollcall-go/rollcall/otelevents"

// Observer reports dispatches to OpenTelemetry. Make it with NewObserver. One
// observer may serve any number of dispatchers at the same time.
type Observer struct {
	tracer      trace.Tracer
	instruments instruments
	known       *known
}

var _ rollcall.Observer = (*Observer)(nil)

// NewObserver returns an observer for [rollcall.Observe]. Without options it
// reports to the global providers, which may be set later. If a provider refuses
// a metric, the error goes to the OpenTelemetry error handler and the metric is
// left out.
func NewObserver(options ...Option) *Observer {
	s := newSettings(options)
	return &Observer{
		tracer:      s.tracers.Tracer(scope, trace.WithInstrumentationVersion(version())),
		instruments: newInstruments(s.meter()),
		known:       newKnown(),
	}
}

// version returns the version of this module in the running program, or "" if the
// build does not record it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == scope {
			return strings.TrimPrefix(m.Version, "v")
		}
	}
	return ""
}

// Begin counts the dispatch and begins its span. It watches nothing further if nobody
// listens, or if the span is not sampled and metrics are off.
func (o *Observer) Begin(ctx context.Context, d rollcall.Dispatched) (context.Context, rollcall.Observation) {
	e := o.known.event(d.Event)
	if d.Listeners != nil && d.Listeners.Len() == 0 {
		o.instruments.dispatches.Add(ctx, 1, e.add...)
		return ctx, nil
	}
	ctx, span := o.tracer.Start(ctx, e.span, e.start...)
	o.instruments.dispatches.Add(ctx, 1, e.add...)
	if !span.IsRecording() && !o.instruments.enabled(ctx) {
		span.End()
		return ctx, nil
	}
	return ctx, &observation{
		observer: o, event: e, listeners: d.Listeners,
		ctx: ctx, span: span, recording: span.IsRecording(), began: time.Now(),
		calls: make([]call, d.Listeners.Len()),
	}
}
