package otelevents

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/rollcall-go/rollcall/transport"
)

// backlogLimit is how long a collection of metrics waits for the broker.
const backlogLimit = 5 * time.Second

// ObserveBacklog makes metrics of what waits for receivers, each an Event and a Key:
//
//	reporter, ok := t.(transport.BacklogReporter)
//	if !ok {
//		return errors.New("the transport reports no backlog")
//	}
//	_, err := otelevents.ObserveBacklog(reporter, []transport.Subscription{{Event: "order.placed", Key: "mail"}})
//
// Each collection of metrics asks the broker for each receiver, eight at the same time, five
// seconds at most in all. A receiver whose backlog is not known is left out, and the error
// goes to the OpenTelemetry error handler. To end it, call Unregister of the result. The
// error is a *transport.SubscriptionError or that of the meter provider.
func ObserveBacklog(r transport.BacklogReporter, receivers []transport.Subscription, options ...Option) (metric.Registration, error) {
	b := &backlogs{reporter: r}
	for _, of := range receivers {
		if _, err := of.Check(); err != nil {
			return nil, err
		}
		b.receivers = append(b.receivers, receiver{of.Event, of.Key, metric.WithAttributeSet(attribute.NewSet(
			attribute.String("rollcall.event.name", of.Event), attribute.String("rollcall.receiver.key", of.Key)))})
	}
	m := newSettings(options).meter()
	instruments, err := b.instruments(m)
	if err != nil {
		return nil, err
	}
	return m.RegisterCallback(b.observe, instruments...)
}

// backlogs observes the backlog of receivers.
type backlogs struct {
	reporter  transport.BacklogReporter
	receivers []receiver

	waiting, inFlight, retrying, dead metric.Int64ObservableGauge
	oldest                            metric.Float64ObservableGauge
}

// receiver is a receiver key of an event.
type receiver struct {
	event, key string
	attributes metric.ObserveOption
}

func (b *backlogs) instruments(m metric.Meter) ([]metric.Observable, error) {
	var problems []error
	gauge := func(name, description string) metric.Int64ObservableGauge {
		g, err := m.Int64ObservableGauge("rollcall.backlog."+name, metric.WithUnit("{message}"), metric.WithDescription(description))
		problems = append(problems, err)
		return g
	}
	b.waiting = gauge("waiting", "Messages that were not delivered yet.")
	b.inFlight = gauge("in_flight", "Messages whose handler has not returned. It may be 0 if the transport does not know it.")
	b.retrying = gauge("retrying", "Messages that wait for redelivery. It may be 0 if the transport does not know it.")
	b.dead = gauge("dead", "Dead letters.")
	var err error
	b.oldest, err = m.Float64ObservableGauge("rollcall.backlog.oldest", metric.WithUnit("s"),
		metric.WithDescription("Age of the oldest message that is neither done nor dead. It is 0 if there is none or the age is unknown."))
	return []metric.Observable{b.waiting, b.inFlight, b.retrying, b.dead, b.oldest}, errors.Join(append(problems, err)...)
}

// observe asks for the backlog of each receiver.
func (b *backlogs) observe(ctx context.Context, o metric.Observer) error {
	ctx, cancel := context.WithTimeout(ctx, backlogLimit)
	defer cancel()
	var problems []error
	for i, is := range b.ask(ctx) {
		r := b.receivers[i]
		if is.err != nil {
			problems = append(problems, fmt.Errorf("the backlog of %s by %s: %w", r.event, r.key, is.err))
			continue
		}
		o.ObserveInt64(b.waiting, int64(is.Waiting), r.attributes)
		o.ObserveInt64(b.inFlight, int64(is.InFlight), r.attributes)
		o.ObserveInt64(b.retrying, int64(is.Retrying), r.attributes)
		o.ObserveInt64(b.dead, int64(is.Dead), r.attributes)
		o.ObserveFloat64(b.oldest, is.Oldest.Seconds(), r.attributes)
	}
	return errors.Join(problems...)
}

// atOnce is how many receivers are asked for at the same time.
const atOnce = 8

// answer is the backlog of a receiver, or why it is not known.
type answer struct {
	transport.Backlog
	err error
}

// ask returns the answers for all receivers, in their order.
func (b *backlogs) ask(ctx context.Context) []answer {
	answers := make([]answer, len(b.receivers))
	turns := make(chan struct{}, atOnce)
	var asking sync.WaitGroup
	for i, r := range b.receivers {
		turns <- struct{}{}
		asking.Go(func() {
			defer func() { <-turns }()
			answers[i].Backlog, answers[i].err = b.reporter.Backlog(ctx, r.event, r.key)
		})
	}
	asking.Wait()
	return answers
}
