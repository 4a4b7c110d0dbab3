package otelevents_test

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/otelevents"
)

func TestMetrics(t *testing.T) {
	for _, tt := range []struct {
		name      string
		listeners listeners
		options   options
		want      string
	}{
		{"success", listeners{on("a"), on("b")}, nil, `
dispatch.duration {event.name=order.placed} 2 s
dispatches {event.name=order.placed} 2 {dispatch}
listener.duration {event.name=order.placed,listener.id=a} 2 s
listener.duration {event.name=order.placed,listener.id=b} 2 s
`},
		{"nobody listens", nil, nil, `
dispatches {event.name=order.placed} 2 {dispatch}
`},
		{"an error", listeners{failing("a", errFailed), on("b")}, nil, `
dispatch.duration {event.name=order.placed} 2 s
dispatches {event.name=order.placed} 2 {dispatch}
listener.duration {event.name=order.placed,listener.id=a} 2 s
listener.errors {event.name=order.placed,listener.id=a} 2 {error}
`},
		{"panics", listeners{panicking("a", "no"), failing("b", errFailed), on("c")}, options{rollcall.CollectErrors()}, `
dispatch.duration {event.name=order.placed} 2 s
dispatches {event.name=order.placed} 2 {dispatch}
listener.duration {event.name=order.placed,listener.id=a} 2 s
listener.duration {event.name=order.placed,listener.id=b} 2 s
listener.duration {event.name=order.placed,listener.id=c} 2 s
listener.errors {event.name=order.placed,listener.id=a} 2 {error}
listener.errors {event.name=order.placed,listener.id=b} 2 {error}
`},
		{"a panic that passes", listeners{panicking("a", "no"), on("b")}, options{rollcall.PassPanics()}, `
dispatch.duration {event.name=order.placed} 2 s
dispatches {event.name=order.placed} 2 {dispatch}
listener.duration {event.name=order.placed,listener.id=a} 2 s
listener.errors {event.name=order.placed,listener.id=a} 2 {error}
`},
		{"stopped", listeners{stopping("a"), on("b")}, nil, `
dispatch.duration {event.name=order.placed} 2 s
dispatches {event.name=order.placed} 2 {dispatch}
listener.duration {event.name=order.placed,listener.id=a} 2 s
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newTelemetry()
			for range 2 {
				o.dispatch(t, ctx, &placed{secret: "of the customer"}, tt.listeners, tt.options...)
			}
			check(t, "metrics", "\n"+o.measured(t), tt.want)
		})
	}
}

// Durations are in seconds, in buckets for functions, and lead to the span.
func TestMetricsDuration(t *testing.T) {
	o := newTelemetry()
	o.dispatch(t, ctx, &placed{}, listeners{on("a")})
	ids := map[string]string{} // span → its ID
	for _, s := range o.spans.Ended() {
		ids[s.Name()] = s.SpanContext().SpanID().String()
	}
	for _, m := range o.collect(t) {
		data, ok := m.Data.(metricdata.Histogram[float64])
		if !ok {
			continue
		}
		p := data.DataPoints[0]
		if len(p.Bounds) != 11 || p.Bounds[0] != 0.00001 || p.Bounds[10] != 10 {
			t.Errorf("%s has the buckets %v", m.Name, p.Bounds)
		}
		if p.Sum <= 0 || p.Sum > 10 {
			t.Errorf("%s took %v", m.Name, p.Sum)
		}
		span := map[string]string{"rollcall.dispatch.duration": "dispatch order.placed", "rollcall.listener.duration": "call a"}[m.Name]
		if len(p.Exemplars) != 1 || hex.EncodeToString(p.Exemplars[0].SpanID) != ids[span] {
			t.Errorf("%s does not lead to its span: %v", m.Name, p.Exemplars)
		}
	}
}

// Without metrics and a sampled span, nothing is watched, but the trace goes
// on.
func TestNothingToReport(t *testing.T) {
	off := otelevents.WithMeterProvider(noop.NewMeterProvider())
	for _, tt := range []struct {
		name    string
		options []otelevents.Option
	}{
		{"unsampled", []otelevents.Option{
			otelevents.WithTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))),
			off}},
		{"off", []otelevents.Option{
			otelevents.WithTracerProvider(tracenoop.NewTracerProvider()),
			off}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := rollcall.Dispatched{Event: "order.placed", Listeners: listOf(t, on("a"))}
			got, watching := otelevents.NewObserver(tt.options...).Begin(ctx, d)
			if got == nil || watching != nil {
				t.Errorf("got %v and %v", got, watching)
			}
		})
	}
}

// An event's name may be made at run time: it makes metrics of its own.
func TestMetricsOfNames(t *testing.T) {
	o := newTelemetry()
	for _, name := range []string{"order.placed", "order.paid", "order.placed"} {
		o.dispatch(t, ctx, &event.Generic{Name: name}, nil)
	}
	check(t, "metrics", "\n"+o.measured(t), `
dispatches {event.name=order.paid} 1 {dispatch}
dispatches {event.name=order.placed} 2 {dispatch}
`)
}

// refusing is a meter that makes nothing.
type refusing struct{ noop.MeterProvider }

func (r refusing) Meter(string, ...metric.MeterOption) metric.Meter { return refusingMeter{} }

type refusingMeter struct{ noop.Meter }

var errRefused = errors.New("refused")

func (refusingMeter) Int64Counter(string, ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, errRefused
}

func (refusingMeter) Float64Histogram(string, ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errRefused
}

// A provider that refuses the metrics leaves the spans.
func TestMetricsRefused(t *testing.T) {
	var told []string
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { told = append(told, err.Error()) }))
	defer otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	o := newTelemetry()
	o.observer = otelevents.NewObserver(otelevents.WithTracerProvider(o.tracers), otelevents.WithMeterProvider(refusing{}))
	o.dispatch(t, ctx, &placed{}, listeners{failing("a", errFailed)})
	check(t, "told", strings.Join(told, ", "), "refused, refused, refused, refused")
	if spans := len(o.spans.Ended()); spans != 2 {
		t.Errorf("there are %d spans", spans)
	}
}

// Without options, and with empty ones, the global providers are reported to.
func TestGlobalProviders(t *testing.T) {
	for _, empty := range [][]otelevents.Option{
		nil, {otelevents.WithTracerProvider(nil), otelevents.WithMeterProvider(nil)},
	} {
		o := newTelemetry()
		otel.SetTracerProvider(o.tracers)
		otel.SetMeterProvider(o.meters)
		o.observer = otelevents.NewObserver(empty...)
		o.dispatch(t, ctx, &placed{}, listeners{on("a")})
		if o.tree() == "" || !strings.Contains(o.measured(t), "dispatches") {
			t.Errorf("got the spans\n%sand the metrics\n%s", o.tree(), o.measured(t))
		}
	}
	otel.SetTracerProvider(tracenoop.NewTracerProvider())
	otel.SetMeterProvider(noop.NewMeterProvider())
}

// blind is an observer that panics before a listener is called.
type blind struct{}

func (blind) Begin(ctx context.Context, _ rollcall.Dispatched) (context.Context, rollcall.Observation) {
	return ctx, blind{}
}

func (blind) Calling(context.Context, int) context.Context { panic("blind") }
func (blind) Returned(int, error)                          {}
func (blind) Stopped(int)                                  {}
func (blind) End(error)                                    {}

func TestBesideObserverThatPanics(t *testing.T) {
	o := newTelemetry()
	o.dispatch(t, ctx, &placed{}, listeners{on("a")}, rollcall.Observe(blind{}))
	check(t, "spans", "\n"+o.tree(), `
dispatch order.placed {error.type=panic,dispatch.not_called=1,event.name=order.placed} Error: listener a of order.placed: panic: blind
`)
}
