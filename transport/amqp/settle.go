package amqp

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// settleTimeout is for a message to be retried or to become a dead letter. Else
// the broker delivers it again.
const settleTimeout = 10 * time.Second

// handle has one message handled and settled.
func (r *receiving) handle(ctx context.Context, c *consumer, raw amqp091.Delivery) {
	m, err := message(raw)
	attempt, remaining := r.progress(raw)
	switch {
	case remaining > 0:
		r.settle(ctx, c, raw, attempt, func(ctx context.Context) error {
			return r.transport.retry(ctx, raw, r.target, remaining, attempt)
		})
	case err != nil:
		r.reject(ctx, c, raw, attempt, err.Error())
	case m.Key != "" && m.Key != r.subscription.Key:
		_ = raw.Ack(false) // it is for another receiver
	case attempt > r.subscription.MaxAttempts:
		r.reject(ctx, c, raw, attempt-1, givenUpReason(attempt-1))
	default:
		m.Event, m.Key = r.subscription.Event, r.subscription.Key
		d := transport.Delivery{Message: m, Attempt: attempt}
		r.follow(ctx, c, raw, attempt, transport.Decide(ctx, r.subscription, r.handler, d))
	}
}

// progress says the how-manieth attempt a delivery is, and how long it still has
// to wait. Only what has come back tells of itself: other programs may publish
// anything.
func (r *receiving) progress(d amqp091.Delivery) (attempt int, remaining time.Duration) {
	n := int64(1)
	if d.Exchange == r.transport.topology.names.back() {
		n = max(1, number(d.Headers[attemptHeader]))
		remaining = time.Duration(number(d.Headers[remainingHeader]))
	}
	return int(min(n, math.MaxInt32) + redeliveries(d)), remaining
}

// redeliveries is how often a message was delivered before in vain. Quorum
// queues count that; a classic queue only tells whether it was.
func redeliveries(d amqp091.Delivery) int64 {
	if count, counted := d.Headers["x-delivery-count"]; counted {
		return min(number(count), math.MaxInt32/2)
	}
	if d.Redelivered {
		return 1
	}
	return 0
}

// follow does what a verdict says.
func (r *receiving) follow(ctx context.Context, c *consumer, raw amqp091.Delivery, attempt int, v transport.Verdict) {
	reason, rejected := v.Rejected()
	after, again := v.Retry()
	switch {
	case rejected:
		r.reject(ctx, c, raw, attempt, reason)
	case again:
		r.settle(ctx, c, raw, attempt, func(ctx context.Context) error {
			return r.transport.retry(ctx, raw, r.target, after, attempt+1)
		})
	default:
		_ = raw.Ack(false) // else it comes again: at least once
	}
}

// reject makes a message a dead letter.
func (r *receiving) reject(ctx context.Context, c *consumer, raw amqp091.Delivery, attempt int, reason string) {
	r.settle(ctx, c, raw, attempt, func(ctx context.Context) error {
		return r.transport.bury(ctx, raw, r.target, attempt, reason)
	})
}

// settle acknowledges a message once it is kept elsewhere. If that fails, the
// broker delivers it again after a while, and if it never will work, keeps it as
// a dead letter. Nothing is done with a message of a lost connection: the broker
// delivers that again anyway.
func (r *receiving) settle(ctx context.Context, c *consumer, raw amqp091.Delivery, attempt int, keep func(context.Context) error) {
	if c.channel.IsClosed() {
		return
	}
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	err := keep(keeping)
	if isPermanent(err) {
		err = r.transport.bury(keeping, raw, r.target, attempt, err.Error())
	}
	switch {
	case err == nil:
		_ = raw.Ack(false)
	case errors.Is(err, errHeader) || isPermanent(err):
		_ = raw.Reject(false)
	default:
		pause(ctx, c.over, transport.Backoff(attempt))
		_ = raw.Reject(true)
	}
}
