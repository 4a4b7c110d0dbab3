package otelevents_test

import (
	"context"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/otelevents"
)

type deleted struct{ n int }

//go:noinline
func count(_ context.Context, d *deleted) error {
	d.n++
	return nil
}

// BenchmarkEmit compares a dispatch without an observer to one that is off, not
// sampled, and sampled.
func BenchmarkEmit(b *testing.B) {
	noTraces, noMetrics := tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider()
	unsampled := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	sampled := sdktrace.NewTracerProvider()
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
	observed := func(t trace.TracerProvider, m metric.MeterProvider) options {
		return options{rollcall.Observe(otelevents.NewObserver(otelevents.WithTracerProvider(t), otelevents.WithMeterProvider(m)))}
	}
	for _, n := range []int{1, 10} {
		var all listeners
		for i := range n {
			all = append(all, rollcall.NewListener[*deleted](fmt.Sprint("l", i), count))
		}
		for _, way := range []struct {
			name    string
			options options
		}{
			{"none", nil},
			{"off", observed(noTraces, noMetrics)},
			{"unsampled", observed(unsampled, noMetrics)},
			{"unsampled-metrics", observed(unsampled, metrics)},
			{"sampled", observed(sampled, noMetrics)},
			{"sampled-metrics", observed(sampled, metrics)},
		} {
			b.Run(fmt.Sprintf("%s/%d", way.name, n), func(b *testing.B) {
				emitter := rollcall.NewEmitter[*deleted](rollcall.NewDispatcher(build(b, all), way.options...))
				e := &deleted{}
				b.ReportAllocs()
				for b.Loop() {
					if err := emitter.Emit(ctx, e); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
