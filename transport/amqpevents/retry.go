package amqpevents

import (
	"context"
	"errors"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// The tiers are queues in which messages wait. In each, they wait twice as long as in the
// one before: from an eighth of a second to a little more than an hour.
const (
	shortestTier = time.Second / 8
	longestTier  = shortestTier << 15
)

// tier returns the shortest tier that is long enough for a wait. If none is, it returns
// the longest tier, and the wait that remains after it.
func tier(wait time.Duration) (ttl, remaining time.Duration) {
	for ttl = shortestTier; ttl < wait && ttl < longestTier; ttl *= 2 {
	}
	return ttl, max(0, wait-ttl)
}

// The headers of messages that are retried.
const (
	attemptHeader   = ours + "attempt"   // of the next delivery, or of a dead letter's last
	remainingHeader = ours + "remaining" // the wait after the tier, in nanoseconds
)

// retry publishes a delivery again, only to its receiver, after some time.
func (t *Transport) retry(ctx context.Context, d amqp091.Delivery, to target, wait time.Duration, attempt int) error {
	headers := amqp091.Table{attemptHeader: int64(attempt)}
	if wait <= 0 {
		sending, cancel := context.WithTimeout(ctx, settleTimeout)
		defer cancel()
		_, err := t.publisher.publish(sending, ctx, route{t.topology.names.back(), to.address}, again(d, headers))
		return err // a receiver whose queue is gone needs no message
	}
	ttl, remaining := tier(wait)
	headers[waitHeader] = ttl.String()
	if remaining > 0 {
		headers[remainingHeader] = int64(remaining)
	}
	err := t.publishDeclared(ctx, route{t.topology.names.wait(), to.address}, again(d, headers),
		func(ch channel) error { return t.topology.tier(ch, ttl) })
	if err == nil {
		t.tallies.of(to).noteRetry(time.Now(), ttl)
	}
	return err
}

// publishDeclared publishes to a queue, and declares the queue if it does not exist. The
// timeout applies only until the message is sent. A sent message may still be confirmed.
// If it was published again, it would then exist twice.
func (t *Transport) publishDeclared(ctx context.Context, to route, m amqp091.Publishing, declare func(channel) error) error {
	sending, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	routed, err := t.publisher.publish(sending, ctx, to, m)
	if err != nil || routed {
		return err
	}
	if err := t.declare(sending, declare); err != nil {
		return err
	}
	routed, err = t.publisher.publish(sending, ctx, to, m)
	if err == nil && !routed {
		return errors.New("the queue was deleted as soon as it was made")
	}
	return err
}
