package otelevents

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"

	"github.com/rollcall-go/rollcall/transport"
)

// NewTransport wraps t so that messages carry trace context in their headers. The
// dispatch at the receiver is then in the trace of the dispatch that published the
// event, even in another process. If an application's transport is from
// fxevents.Transport or fx.Provide, use:
//
//	fx.Decorate(otelevents.NewTransport)
//
// That does not apply to a default transport, such as that of fxnats.Module: provide it
// with fxevents.Transport instead.
//
// The headers are those of the propagator that otel.SetTextMapPropagator has set, such
// as traceparent for propagation.TraceContext. Without a propagator, messages carry no
// trace context. Wrap an outbox itself, not the transport that it publishes to: a relay
// publishes outside of any trace.
//
// The result is a transport.Declarer, a transport.DeadLetters and a
// transport.BacklogReporter if t is. It is always a transport.Connector, whose
// AwaitConnection returns nil at once if t is none. It is always a transport.Outbox and a
// transport.OutboxReporter. DeclareLater and OutboxStats return errors.ErrUnsupported if t is
// none. It can delay messages if t can.
func NewTransport(t transport.Transport) transport.Transport {
	p := propagating{t}
	declarer, declares := t.(transport.Declarer)
	letters, shows := t.(transport.DeadLetters)
	reporter, reports := t.(transport.BacklogReporter)
	if reports {
		return reporting(p, reporter, t)
	}
	switch {
	case declares && shows:
		return struct {
			propagating
			transport.Declarer
			transport.DeadLetters
		}{p, declarer, letters}
	case declares:
		return struct {
			propagating
			transport.Declarer
		}{p, declarer}
	case shows:
		return struct {
			propagating
			transport.DeadLetters
		}{p, letters}
	}
	return p
}

// reporting is NewTransport for a transport.BacklogReporter.
func reporting(p propagating, r transport.BacklogReporter, t transport.Transport) transport.Transport {
	declarer, declares := t.(transport.Declarer)
	letters, shows := t.(transport.DeadLetters)
	switch {
	case declares && shows:
		return struct {
			propagating
			transport.Declarer
			transport.DeadLetters
			transport.BacklogReporter
		}{p, declarer, letters, r}
	case declares:
		return struct {
			propagating
			transport.Declarer
			transport.BacklogReporter
		}{p, declarer, r}
	case shows:
		return struct {
			propagating
			transport.DeadLetters
			transport.BacklogReporter
		}{p, letters, r}
	}
	return struct {
		propagating
		transport.BacklogReporter
	}{p, r}
}

type propagating struct{ transport.Transport }

// AwaitConnection waits for the transport, if that connects in the background.
func (p propagating) AwaitConnection(ctx context.Context) error {
	if c, ok := p.Transport.(transport.Connector); ok {
		return c.AwaitConnection(ctx)
	}
	return nil
}

// CanDelay reports whether the transport can delay.
func (p propagating) CanDelay() bool {
	d, ok := p.Transport.(transport.Delayer)
	return ok && d.CanDelay()
}

// AwaitStore waits for the transport, if that is an outbox.
func (p propagating) AwaitStore(ctx context.Context) error {
	if o, ok := p.Transport.(transport.Outbox); ok {
		return o.AwaitStore(ctx)
	}
	return nil
}

// DeclareLater is that of the transport, if that is an outbox.
func (p propagating) DeclareLater(s transport.Subscription) error {
	if o, ok := p.Transport.(transport.Outbox); ok {
		return o.DeclareLater(s)
	}
	return fmt.Errorf("declaring a receiver of event %s later at %T: %w", s.Event, p.Transport, errors.ErrUnsupported)
}

// OutboxStats is that of the transport, if that is an outbox.
func (p propagating) OutboxStats(ctx context.Context) (transport.OutboxStats, error) {
	if o, ok := p.Transport.(transport.OutboxReporter); ok {
		return o.OutboxStats(ctx)
	}
	return transport.OutboxStats{}, fmt.Errorf("the counts of the outbox of %T: %w", p.Transport, errors.ErrUnsupported)
}

// Publish adds the trace context of ctx to the headers of the message.
func (p propagating) Publish(ctx context.Context, m transport.Message) error {
	headers := propagation.MapCarrier(maps.Clone(m.Headers))
	if headers == nil {
		headers = propagation.MapCarrier{}
	}
	otel.GetTextMapPropagator().Inject(ctx, headers)
	m.Headers = headers
	return p.Transport.Publish(ctx, m)
}

// Subscribe passes the trace context in the headers of a message to the handler.
func (p propagating) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	return p.Transport.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
		return h(otel.GetTextMapPropagator().Extract(ctx, propagation.MapCarrier(d.Headers)), d)
	})
}
