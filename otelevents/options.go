package otelevents

import (
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// Option changes where an observer reports to.
type Option interface{ apply(*settings) }

type settings struct {
	tracers trace.TracerProvider
	meters  metric.MeterProvider
}

// newSettings returns what options choose. The default is the global providers.
func newSettings(options []Option) settings {
	s := settings{tracers: otel.GetTracerProvider(), meters: otel.GetMeterProvider()}
	for _, o := range options {
		if o != nil {
			o.apply(&s)
		}
	}
	return s
}

func (s settings) meter() metric.Meter {
	return s.meters.Meter(scope, metric.WithInstrumentationVersion(version()))
}

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

// WithTracerProvider sends the spans to this provider instead of the global
// one; nil changes nothing. The provider of
// go.opentelemetry.io/otel/trace/noop turns spans off.
func WithTracerProvider(p trace.TracerProvider) Option {
	return optionFunc(func(s *settings) {
		if p != nil {
			s.tracers = p
		}
	})
}

// WithMeterProvider sends the metrics to this provider instead of the global
// one; nil changes nothing. The provider of
// go.opentelemetry.io/otel/metric/noop turns metrics off.
func WithMeterProvider(p metric.MeterProvider) Option {
	return optionFunc(func(s *settings) {
		if p != nil {
			s.meters = p
		}
	})
}
