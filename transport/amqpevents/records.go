package amqpevents

import (
	"context"
	"log/slog"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// timeoutAdvice says what to do if handlers take longer than the broker waits.
const timeoutAdvice = "set consumer_timeout of the broker longer than the slowest handler, or make the handler faster"

// unreadableAdvice says what to do about a message that the client can't read.
const unreadableAdvice = "its headers may be nested deeper than 32 tables: find the queue from which nothing is handled any more, and remove its first message"

// logClosure logs that the broker closed the channel of a receiver.
func (r *receiving) logClosure(ctx context.Context, c *consumer) {
	if c.closure.exception == nil {
		return // a lost connection is restored
	}
	r.transport.log().LogAttrs(ctx, slog.LevelWarn, "the broker closed the channel of a receiver, and a new one is opened",
		r.attributes(c)...)
}

// logCancelled logs that the broker cancelled a receiver, as it does when a queue is
// deleted.
func (r *receiving) logCancelled(ctx context.Context) {
	r.transport.log().LogAttrs(ctx, slog.LevelWarn,
		"the broker cancelled a receiver, whose queue is declared again: if the queue was deleted, the events that waited in it are lost",
		slog.String("event", r.subscription.Event), slog.String("key", r.subscription.Key))
}

// logUnsettled logs that the broker closed the channel before a verdict could be sent.
func (r *receiving) logUnsettled(ctx context.Context, c *consumer, id string, v transport.Verdict) {
	<-c.closure.ended // it is being closed
	if c.closure.exception == nil {
		return // a lost connection is restored, and its deliveries are made again
	}
	message := "an event was handled, but the broker no longer waited for its acknowledgement"
	if !v.IsAck() {
		message = "an event will be handled again, because the broker no longer waited for its verdict"
	}
	attributes := append(r.attributes(c), slog.String("id", id), slog.String("verdict", v.String()))
	r.transport.log().LogAttrs(ctx, slog.LevelWarn, message, attributes...)
}

// attributes describe a receiver and why its channel was closed.
func (r *receiving) attributes(c *consumer) []slog.Attr {
	all := []slog.Attr{
		slog.String("event", r.subscription.Event), slog.String("key", r.subscription.Key),
		slog.String("reason", c.closure.exception.Reason),
	}
	if isTimeout(c.closure.exception) {
		all = append(all, slog.String("setting", "consumer_timeout"), slog.String("next", timeoutAdvice))
	}
	return all
}

// logUnkept logs that a message can't be kept for a retry or as a dead letter, after the
// first failure, the second, the fourth and so on.
func (r *receiving) logUnkept(ctx context.Context, raw amqp091.Delivery, failures int, err error) {
	if failures&(failures+1) != 0 {
		return
	}
	r.transport.log().LogAttrs(ctx, slog.LevelWarn, "an event can't be sent to wait for its retry or to the dead letters, and holds a handler: trying again",
		slog.String("event", r.subscription.Event), slog.String("key", r.subscription.Key),
		slog.String("id", identify(raw).id), slog.Int("failures", failures+1), slog.String("reason", err.Error()))
}

// logGivenUp logs a message that becomes a dead letter without a call to the handler.
func (r *receiving) logGivenUp(ctx context.Context, d transport.Delivery, reason string) {
	r.transport.log().LogAttrs(ctx, slog.LevelError, "event becomes a dead letter",
		slog.String("event", r.subscription.Event), slog.String("key", r.subscription.Key),
		slog.String("id", d.ID), slog.Int("attempt", d.Attempt), slog.String("reason", reason))
}
