package otelevents

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/metric"

	"github.com/rollcall-go/rollcall/transport"
)

// ObserveOutbox makes metrics of an outbox, such as a *sqlevents.Transport:
//
//	_, err := otelevents.ObserveOutbox(outbox)
//
// Observe one outbox for each meter provider, because the metrics have no attribute that
// distinguishes two.
//
// Each collection of metrics asks the database, five seconds at most. If the counts are not
// known, all are left out, and the error goes to the OpenTelemetry error handler. To end it,
// call Unregister of the result. The error is that of the meter provider.
func ObserveOutbox(r transport.OutboxReporter, options ...Option) (metric.Registration, error) {
	m := newSettings(options).meter()
	x := &outbox{reporter: r}
	instruments, err := x.instruments(m)
	if err != nil {
		return nil, err
	}
	return m.RegisterCallback(x.observe, instruments...)
}

// outbox observes an outbox.
type outbox struct {
	reporter transport.OutboxReporter

	waiting, retrying, dead, deadRows, horizon metric.Int64ObservableGauge
	oldest                                     metric.Float64ObservableGauge
	published, failed, buried                  metric.Int64ObservableCounter
}

func (x *outbox) instruments(m metric.Meter) (list []metric.Observable, err error) {
	var problems []error
	gauge := func(name, unit, description string) metric.Int64ObservableGauge {
		g, err := m.Int64ObservableGauge("rollcall.outbox."+name, metric.WithUnit(unit), metric.WithDescription(description))
		problems, list = append(problems, err), append(list, g)
		return g
	}
	counter := func(name, unit, description string) metric.Int64ObservableCounter {
		c, err := m.Int64ObservableCounter("rollcall.outbox."+name, metric.WithUnit(unit), metric.WithDescription(description))
		problems, list = append(problems, err), append(list, c)
		return c
	}
	x.waiting = gauge("waiting", "{message}", "Messages in the outbox that were not tried yet.")
	x.retrying = gauge("retrying", "{message}", "Messages in the outbox that have failed and wait for their next attempt.")
	x.dead = gauge("dead", "{message}", "Dead letters of the outbox.")
	x.oldest, err = m.Float64ObservableGauge("rollcall.outbox.oldest", metric.WithUnit("s"), metric.WithDescription("Age of the oldest message in the outbox, 0 if it is empty."))
	x.published = counter("published", "{message}", "Messages of the outbox that this process has published.")
	x.failed = counter("failed", "{attempt}", "Attempts of this process to publish a message of the outbox that failed, without those that could not reach the broker.")
	x.buried = counter("buried", "{message}", "Messages of the outbox that became dead letters in this process.")
	x.deadRows = gauge("dead_rows", "{row}", "Deleted rows that PostgreSQL has not yet removed from the table of the outbox.")
	x.horizon = gauge("horizon", "{transaction}", "Transactions since the oldest snapshot that keeps PostgreSQL from removing deleted rows.")
	return append(list, x.oldest), errors.Join(append(problems, err)...)
}

func (x *outbox) observe(ctx context.Context, o metric.Observer) error {
	ctx, cancel := context.WithTimeout(ctx, backlogLimit)
	defer cancel()
	is, err := x.reporter.OutboxStats(ctx)
	if err != nil {
		return err
	}
	o.ObserveInt64(x.waiting, int64(is.Waiting))
	o.ObserveInt64(x.retrying, int64(is.Retrying))
	o.ObserveInt64(x.dead, int64(is.Dead))
	o.ObserveFloat64(x.oldest, is.Oldest.Seconds())
	o.ObserveInt64(x.published, int64(is.Published))
	o.ObserveInt64(x.failed, int64(is.Failed))
	o.ObserveInt64(x.buried, int64(is.Buried))
	if v := is.Vacuum; v != nil {
		o.ObserveInt64(x.deadRows, int64(v.DeadRows))
		o.ObserveInt64(x.horizon, int64(v.Horizon))
	}
	return nil
}
