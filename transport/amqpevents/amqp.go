package amqpevents

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Transport carries events over RabbitMQ. Make it with [Connect], and end it
// with Close. It may be used concurrently.
type Transport struct {
	settings  settings
	topology  topology
	publisher *publisher
	consuming *link
	declared  *declared
	tallies   tallies
}

var (
	_ transport.Transport       = (*Transport)(nil)
	_ transport.Declarer        = (*Transport)(nil)
	_ transport.DeadLetters     = (*Transport)(nil)
	_ transport.Connector       = (*Transport)(nil)
	_ transport.BacklogReporter = (*Transport)(nil)
)

// Connect checks the options and the URL, and returns a transport that connects in the
// background. The URL is like "amqp://user:password@host:5672/vhost", or "amqps://" for
// TLS. The attempts never stop, whether the broker can't be reached or refuses the user,
// and a connection that is lost is restored. The first failure is logged. AwaitConnection
// returns when there is a connection. Errors contain no password, and none of a malformed
// URL.
func Connect(url string, options ...Option) (*Transport, error) {
	s := newSettings(options)
	switch {
	case !prefixes.MatchString(s.prefix):
		return nil, errPrefix(s.prefix)
	case s.source == "":
		return nil, errSource
	case s.maxBody < 0:
		return nil, errMaxBody(s.maxBody)
	}
	b, err := newBroker(url, s.tls)
	if err != nil {
		return nil, err
	}
	t := &Transport{settings: s, topology: topology{names(s.prefix), s.classic}, declared: newDeclared()}
	t.consuming = newLink(b, "consuming", t.log())
	t.publisher = newPublisher(newLink(b, "publishing", t.log()), t.topology.exchanges)
	return t, nil
}

// AwaitConnection returns nil when the transport is connected and the exchanges are
// declared. The error is a *ConflictError if an exchange or a queue that the transport
// needs exists with other arguments, or the broker's if the user may not declare it. If
// ctx ends first, the error has the broker's address and why there is no connection, for
// example because the broker refuses the user.
func (t *Transport) AwaitConnection(ctx context.Context) error {
	if _, err := t.publisher.channel(ctx); err != nil {
		return err
	}
	_, err := t.consuming.wait(ctx)
	return err
}

// Close closes the connections. Calls that still wait for the broker return an error.
// End the subscriptions first. Close may be called again.
func (t *Transport) Close() {
	var both sync.WaitGroup
	both.Go(t.publisher.link.close)
	both.Go(t.consuming.close)
	both.Wait()
}

// waitTimeout limits calls whose context has no deadline.
const waitTimeout = 30 * time.Second

func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, has := ctx.Deadline(); has {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, waitTimeout)
}

// Publish returns nil when the broker has confirmed that it keeps the message for each
// receiver key. Without a connection, or while the broker blocks publishers, Publish
// waits until ctx ends, or 30 seconds if ctx has no deadline. If the connection is lost
// before the confirmation, or the broker closes the channel because of another message,
// Publish publishes again. The message may then be delivered twice, with the same ID.
//
// If no queue gets the message, although this transport declared or subscribed receivers
// for it, Publish declares them again after a second, publishes once more and logs that.
// Their queues were then deleted, or the broker was reset. Publish can't detect that only
// some of the queues are missing.
//
// The error is a *transport.MessageError or a *transport.UnroutableError (not with
// [AcceptUnroutable]). Otherwise it is the broker's or the context's, and the message
// may have been kept.
func (t *Transport) Publish(ctx context.Context, m transport.Message) error {
	if err := t.check(m); err != nil {
		return err
	}
	if err := transport.CheckDelay(ctx, t, m); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	to := route{t.topology.names.events(), m.Event}
	if m.Key != "" {
		to.key = address(m.Event, m.Key)
	}
	routed, err := t.send(ctx, to, m)
	switch {
	case errors.Is(err, errHeader):
		return problem(m, "%v", err)
	case err != nil:
		return annotated(err, "publishing event %s", m.Event)
	case !routed && !t.settings.acceptUnroutable:
		return &transport.UnroutableError{Event: m.Event, Key: m.Key}
	}
	return nil
}

// Declare creates the queue of a receiver key. It does nothing if the queue exists. It
// waits for a connection as Publish does. The error is a *transport.SubscriptionError,
// a *ConflictError, or the broker's or the context's.
func (t *Transport) Declare(ctx context.Context, s transport.Subscription) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	if s.Key == "" {
		return &transport.SubscriptionError{Subscription: s, Problem: "a temporary receiver can't be declared: give it a key"}
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	if err := t.declareReceiver(ctx, keyed(s.Event, s.Key)); err != nil {
		return err
	}
	t.declared.add(s.Event, s.Key)
	return nil
}

// declare calls f with a channel of its own, on the connection that consumes. It tries again
// if the connection is lost.
func (t *Transport) declare(ctx context.Context, f func(channel) error) error {
	for {
		c, err := t.consuming.wait(ctx)
		if err != nil {
			return err
		}
		if err = c.with(ctx, f); err == nil || ctx.Err() != nil || !c.isOver() {
			return err
		}
	}
}
