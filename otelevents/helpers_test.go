package otelevents_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/otelevents"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

var (
	ctx       = context.Background()
	errFailed = errors.New("failed")
)

// placed is an event with a name of its own and a payload.
type placed struct {
	event.Propagation
	secret string
}

func (*placed) EventName() string { return "order.placed" }

type listeners = []rollcall.Listener

func on(id string, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*placed](id, func(*placed) {}, tag...)
}

func doing(id string, f func(context.Context, *placed) error, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*placed](id, f, tag...)
}

func failing(id string, err error, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*placed](id, func(*placed) error { return err }, tag...)
}

func panicking(id string, value any, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*placed](id, func(*placed) { panic(value) }, tag...)
}

func stopping(id string, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*placed](id, func(p *placed) { p.StopPropagation() }, tag...)
}

func build(t testing.TB, l listeners) *provider.Sorted {
	t.Helper()
	e := rollcall.Declare[*placed]("order.placed")
	e.Publish = func(context.Context, any) error { return nil }
	p, err := provider.Build(l, []rollcall.Declaration{e})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func listOf(t testing.TB, l ...rollcall.Listener) *rollcall.Listeners {
	t.Helper()
	var s rollcall.Spec
	for i := range l {
		s.Listeners = append(s.Listeners, &l[i])
	}
	list, err := rollcall.NewListeners(s)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// telemetry is an observer with all that it reports.
type telemetry struct {
	observer *otelevents.Observer
	tracers  *sdktrace.TracerProvider
	meters   *sdkmetric.MeterProvider
	spans    *tracetest.SpanRecorder
	metrics  *sdkmetric.ManualReader
}

func newTelemetry(options ...sdktrace.TracerProviderOption) *telemetry {
	t := &telemetry{spans: tracetest.NewSpanRecorder(), metrics: sdkmetric.NewManualReader()}
	t.tracers = sdktrace.NewTracerProvider(append(options, sdktrace.WithSpanProcessor(t.spans))...)
	t.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(t.metrics))
	t.observer = otelevents.NewObserver(otelevents.WithTracerProvider(t.tracers), otelevents.WithMeterProvider(t.meters))
	return t
}

// dispatch dispatches an event to the listeners, and gives what a panic that
// passed had to say.
func (o *telemetry) dispatch(t testing.TB, ctx context.Context, ev any, l listeners, options ...rollcall.Option) (value any) {
	t.Helper()
	defer func() { value = recover() }()
	_ = rollcall.NewDispatcher(build(t, l), append(options, rollcall.Observe(o.observer))...).Dispatch(ctx, ev)
	return nil
}

// tree is the spans that have ended, children below their parents.
func (o *telemetry) tree() string {
	var b strings.Builder
	o.write(&b, trace.SpanID{}, "")
	return b.String()
}

func (o *telemetry) write(b *strings.Builder, parent trace.SpanID, indent string) {
	for _, s := range o.children(parent) {
		fmt.Fprintf(b, "%s%s%s\n", indent, s.Name(), sayings(s))
		o.write(b, s.SpanContext().SpanID(), indent+"  ")
	}
}

// children are the spans below one, in the order of the listeners, else in
// that of their starts.
func (o *telemetry) children(parent trace.SpanID) []sdktrace.ReadOnlySpan {
	all := slices.DeleteFunc(o.spans.Ended(), func(s sdktrace.ReadOnlySpan) bool { return s.Parent().SpanID() != parent })
	slices.SortStableFunc(all, func(a, b sdktrace.ReadOnlySpan) int {
		return cmp.Or(cmp.Compare(indexOf(a), indexOf(b)), a.StartTime().Compare(b.StartTime()))
	})
	return all
}

func indexOf(s sdktrace.ReadOnlySpan) int64 {
	set := attribute.NewSet(s.Attributes()...)
	v, _ := set.Value("rollcall.listener.index")
	return v.AsInt64()
}

// sayings is what a span says beside its name.
func sayings(s sdktrace.ReadOnlySpan) string {
	text := " " + attributes(attribute.NewSet(s.Attributes()...))
	if s.Status().Code != codes.Unset {
		text += fmt.Sprintf(" %s: %s", s.Status().Code, oneLine(s.Status().Description))
	}
	for _, e := range s.Events() {
		set := attribute.NewSet(e.Attributes...)
		typ, _ := set.Value("exception.type")
		message, _ := set.Value("exception.message")
		text += fmt.Sprintf(" +%s(%s, %s", e.Name, typ.String(), oneLine(message.String()))
		if stack, ok := set.Value("exception.stacktrace"); ok && showsPanic(stack.String()) {
			text += ", stack"
		}
		text += ")"
	}
	return text
}

// showsPanic says whether a stack has the function that panicked.
func showsPanic(stack string) bool {
	return strings.Contains(stack, "panicking.func") || strings.Contains(stack, "PropagationStopped(")
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "; ") }

// attributes are sorted, those of rollcall without their namespace.
func attributes(set attribute.Set) string {
	return "{" + strings.ReplaceAll(set.Encoded(attribute.DefaultEncoder()), "rollcall.", "") + "}"
}

// measured is what the metrics say, a line for each attribute set: the sum of a
// counter, the number of values of a histogram.
func (o *telemetry) measured(t testing.TB) string {
	t.Helper()
	var lines []string
	for _, m := range o.collect(t) {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range data.DataPoints {
				lines = append(lines, fmt.Sprintf("%s %s %d %s", strings.TrimPrefix(m.Name, "rollcall."), attributes(p.Attributes), p.Value, m.Unit))
			}
		case metricdata.Histogram[float64]:
			for _, p := range data.DataPoints {
				lines = append(lines, fmt.Sprintf("%s %s %d %s", strings.TrimPrefix(m.Name, "rollcall."), attributes(p.Attributes), p.Count, m.Unit))
			}
		default:
			t.Errorf("%s is a %T", m.Name, m.Data)
		}
	}
	slices.Sort(lines)
	return strings.Join(append(lines, ""), "\n")
}

func (o *telemetry) collect(t testing.TB) []metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := o.metrics.Collect(ctx, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.ScopeMetrics) == 0 {
		return nil
	}
	check(t, "scope", all.ScopeMetrics[0].Scope.Name, "github.com/rollcall-go/rollcall/otelevents")
	return all.ScopeMetrics[0].Metrics
}

func check(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", what, got, want)
	}
}
