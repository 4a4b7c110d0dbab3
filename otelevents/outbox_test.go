package otelevents_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/rollcall-go/rollcall/otelevents"
	"github.com/rollcall-go/rollcall/transport"
)

// outbox is one whose relay publishes a message between two looks.
type outbox struct {
	looks uint64
	err   error
	stats transport.OutboxStats
}

func (o *outbox) OutboxStats(context.Context) (transport.OutboxStats, error) {
	o.looks++
	s := o.stats
	s.Published += o.looks
	return s, o.err
}

// observed observes an outbox and returns a reader of its metrics.
func observed(t *testing.T, o *outbox) *sdkmetric.ManualReader {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	r, err := otelevents.ObserveOutbox(o, otelevents.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Unregister(); err != nil {
			t.Error(err)
		}
		if got, _ := gauges(t, reader); strings.TrimSpace(got) != "" {
			t.Errorf("after its end, it reports %s", got)
		}
	})
	return reader
}

func TestOutboxMetrics(t *testing.T) {
	o := &outbox{stats: transport.OutboxStats{
		Backlog: transport.Backlog{Waiting: 1, Retrying: 2, Dead: 3, Oldest: 1500e6}, Published: 10, Failed: 4, Buried: 5,
		Vacuum: &transport.OutboxVacuum{DeadRows: 6, Horizon: 7},
	}}
	reader := observed(t, o)
	for _, published := range []string{"11", "12"} {
		got, err := gauges(t, reader)
		check(t, "metrics", "\n"+got, strings.ReplaceAll(`
rollcall.outbox.buried {} 5 {message} total
rollcall.outbox.dead {} 3 {message}
rollcall.outbox.dead_rows {} 6 {row}
rollcall.outbox.failed {} 4 {attempt} total
rollcall.outbox.horizon {} 7 {transaction}
rollcall.outbox.oldest {} 1.5 s
rollcall.outbox.published {} N {message} total
rollcall.outbox.retrying {} 2 {message}
rollcall.outbox.waiting {} 1 {message}
`, "N", published))
		if err != nil {
			t.Error(err)
		}
	}
}

// A database without vacuum has no metrics of it: 0 would say that all is well.
func TestOutboxWithoutVacuum(t *testing.T) {
	if got, err := gauges(t, observed(t, &outbox{})); err != nil || strings.Contains(got, "dead_rows") || strings.Contains(got, "horizon") || !strings.Contains(got, "waiting") {
		t.Errorf("got %v\n%s", err, got)
	}
}

// The wrapper of an outbox reports what that does. That of another transport says that it is
// none.
func TestOutboxOfAWrapper(t *testing.T) {
	inner := struct {
		transport.Transport
		*outbox
	}{&transport.Local{}, &outbox{}}
	if s, err := otelevents.NewTransport(inner).(transport.OutboxReporter).OutboxStats(ctx); err != nil || s.Published != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := otelevents.NewTransport(&transport.Local{}).(transport.OutboxReporter).OutboxStats(ctx); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestOutboxThatDoesNotAnswer(t *testing.T) {
	got, err := gauges(t, observed(t, &outbox{err: errors.New("the database is away")}))
	if strings.TrimSpace(got) != "" || err == nil || !strings.Contains(err.Error(), "the database is away") {
		t.Errorf("got %v\n%s", err, got)
	}
}
