package otelevents_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/rollcall-go/rollcall/otelevents"
	"github.com/rollcall-go/rollcall/transport"
)

// backlogged is a transport whose backlog grows by one waiting message with each look.
type backlogged struct{ looks atomic.Int64 }

func (b *backlogged) Backlog(_ context.Context, event, key string) (transport.Backlog, error) {
	if key == "gone" {
		return transport.Backlog{}, errors.New("the broker is away")
	}
	return transport.Backlog{Waiting: int(b.looks.Add(1)), InFlight: 2, Retrying: 3, Dead: 4, Oldest: 1500e6}, nil
}

// gauges are what the gauges and the counters say, a line each, and what the collection says.
func gauges(t *testing.T, r *sdkmetric.ManualReader) (string, error) {
	t.Helper()
	var all metricdata.ResourceMetrics
	err := r.Collect(ctx, &all)
	var lines []string
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%s %s %d %s total", m.Name, attributes(p.Attributes), p.Value, m.Unit))
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%s %s %d %s", m.Name, attributes(p.Attributes), p.Value, m.Unit))
				}
			case metricdata.Gauge[float64]:
				for _, p := range data.DataPoints {
					lines = append(lines, fmt.Sprintf("%s %s %g %s", m.Name, attributes(p.Attributes), p.Value, m.Unit))
				}
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(append(lines, ""), "\n"), err
}

// Each collection asks anew. What is not known is left out, and the error is told.
func TestBacklog(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	r, err := otelevents.ObserveBacklog(&backlogged{}, []transport.Subscription{{Event: "order.placed", Key: "gone"}, {Event: "order.placed", Key: "mail"}},
		otelevents.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	for _, waiting := range []string{"1", "2"} {
		got, err := gauges(t, reader)
		check(t, "gauges", "\n"+got, strings.ReplaceAll(`
rollcall.backlog.dead {event.name=order.placed,receiver.key=mail} 4 {message}
rollcall.backlog.in_flight {event.name=order.placed,receiver.key=mail} 2 {message}
rollcall.backlog.oldest {event.name=order.placed,receiver.key=mail} 1.5 s
rollcall.backlog.retrying {event.name=order.placed,receiver.key=mail} 3 {message}
rollcall.backlog.waiting {event.name=order.placed,receiver.key=mail} N {message}
`, "N", waiting))
		if err == nil || !strings.Contains(err.Error(), "the backlog of order.placed by gone: the broker is away") {
			t.Errorf("got %v", err)
		}
	}
	if err := r.Unregister(); err != nil {
		t.Error(err)
	}
	if got, _ := gauges(t, reader); got != "\n" && got != "" {
		t.Errorf("after its end it tells %s", got)
	}
}

// A receiver with a bad name is an error at once.
func TestBacklogOfABadName(t *testing.T) {
	var problem *transport.SubscriptionError
	if _, err := otelevents.ObserveBacklog(&backlogged{}, []transport.Subscription{{Event: "a b", Key: "mail"}}); !errors.As(err, &problem) {
		t.Errorf("got %v", err)
	}
}

// slow is a transport that answers when eight have asked.
type slow struct {
	backlogged
	asked   atomic.Int64
	release chan struct{}
}

func (s *slow) Backlog(ctx context.Context, event, key string) (transport.Backlog, error) {
	if s.asked.Add(1) == 8 {
		close(s.release)
	}
	select {
	case <-s.release:
		return s.backlogged.Backlog(ctx, event, key)
	case <-ctx.Done():
		return transport.Backlog{}, ctx.Err()
	}
}

// Many receivers are asked for together, because a broker may be far away.
func TestBacklogOfManyReceivers(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	var receivers []transport.Subscription
	for i := range 200 {
		receivers = append(receivers, transport.Subscription{Event: "order.placed", Key: fmt.Sprint("key", i)})
	}
	if _, err := otelevents.ObserveBacklog(&slow{release: make(chan struct{})}, receivers,
		otelevents.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))); err != nil {
		t.Fatal(err)
	}
	got, err := gauges(t, reader)
	if n := strings.Count(got, "backlog.waiting"); n != 200 || err != nil {
		t.Errorf("%d of 200 receivers have a backlog: %v", n, err)
	}
}
