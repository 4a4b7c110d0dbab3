package amqpevents

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// settleTimeout limits each attempt to send a message that is to be retried or to become
// a dead letter. After that, sending it is tried again.
const settleTimeout = 10 * time.Second

// handle handles one message and settles it.
func (r *receiving) handle(ctx context.Context, c *consumer, raw amqp091.Delivery) {
	m, err := message(raw)
	who := identity{m.ID, m.Source}
	attempt, remaining := r.progress(raw, who)
	switch {
	case remaining > 0:
		r.settle(ctx, c, raw, attempt, func(ctx context.Context) error {
			return r.transport.retry(ctx, raw, r.target, remaining, attempt)
		})
	case err != nil:
		r.giveUp(ctx, c, raw, transport.Delivery{Message: m, Attempt: attempt}, err.Error())
	case m.Key != "" && m.Key != r.subscription.Key:
		_ = raw.Ack(false) // the message is for another receiver
	case attempt > r.subscription.MaxAttempts:
		r.giveUp(ctx, c, raw, transport.Delivery{Message: m, Attempt: attempt - 1}, givenUpReason(attempt-1))
	default:
		m.Event, m.Key = r.subscription.Event, r.subscription.Key
		if r.memory.begin(who) {
			defer r.memory.end(who)
		}
		r.tally.inFlight.Add(1)
		defer r.tally.inFlight.Add(-1)
		r.decide(ctx, c, raw, transport.Delivery{Message: m, Attempt: attempt})
	}
}

// giveUp makes a message a dead letter without calling the handler.
func (r *receiving) giveUp(ctx context.Context, c *consumer, raw amqp091.Delivery, d transport.Delivery, reason string) {
	r.logGivenUp(ctx, d, reason)
	r.reject(ctx, c, raw, d.Attempt, reason)
}

// decide calls the handler and follows its verdict. A handler that ends its goroutine, as
// t.FailNow does, counts as one that asked for a retry.
func (r *receiving) decide(ctx context.Context, c *consumer, raw amqp091.Delivery, d transport.Delivery) {
	returned := false
	defer func() {
		if !returned {
			r.follow(ctx, c, raw, d, transport.Decide(ctx, r.subscription, unsaid, d))
		}
	}()
	v := transport.Decide(ctx, r.subscription, r.handler, d)
	returned = true
	r.follow(ctx, c, raw, d, v)
}

// unsaid returns the verdict for a handler that did not return one.
func unsaid(_ context.Context, d transport.Delivery) transport.Verdict {
	return transport.Retry(transport.Backoff(d.Attempt), "the handler ended its goroutine")
}

// progress returns the attempt number of a delivery, and how long the delivery still has
// to wait. It trusts only the headers of messages from the back exchange, because other
// programs may publish anything.
func (r *receiving) progress(d amqp091.Delivery, who identity) (attempt int, remaining time.Duration) {
	n := int64(1)
	if d.Exchange == r.transport.topology.names.back() {
		n = max(1, number(d.Headers[attemptHeader]))
		remaining = time.Duration(number(d.Headers[remainingHeader]))
	}
	return int(min(n, math.MaxInt32) + r.redeliveries(d, who)), remaining
}

// redeliveries returns how often a handler was called for a message that was then not
// settled. Quorum queues count deliveries, and the memory has those for which no handler
// was called. A classic queue, which temporary receivers use, only reports whether the
// message was redelivered. With a classic queue, or on the first delivery, a count comes
// from the publisher and is ignored.
func (r *receiving) redeliveries(d amqp091.Delivery, who identity) int64 {
	if !d.Redelivered {
		return 0
	}
	counts := !r.transport.topology.classic && r.subscription.Key != ""
	if count, counted := d.Headers["x-delivery-count"]; counted && counts {
		return max(0, min(number(count), math.MaxInt32/2)-r.memory.recall(who).unstarted)
	}
	return 1
}

// follow carries out a verdict.
func (r *receiving) follow(ctx context.Context, c *consumer, raw amqp091.Delivery, d transport.Delivery, v transport.Verdict) {
	reason, rejected := v.Rejected()
	after, again := v.Retry()
	switch {
	case !rejected && !again:
		r.acknowledge(ctx, c, raw, identity{d.ID, d.Source})
		return
	case c.channel.IsClosed(): // the message is redelivered, so the handler can decide again
		r.logUnsettled(ctx, c, d.ID, v)
		return
	case rejected:
		r.reject(ctx, c, raw, d.Attempt, reason)
	default:
		r.settle(ctx, c, raw, d.Attempt, func(ctx context.Context) error {
			return r.transport.retry(ctx, raw, r.target, after, d.Attempt+1)
		})
	}
	if !c.channel.IsClosed() {
		r.memory.forget(identity{d.ID, d.Source})
	}
}

// acknowledge acknowledges a message that is done. If the channel is closed, the
// broker redelivers the message, and the memory knows that it is done.
func (r *receiving) acknowledge(ctx context.Context, c *consumer, raw amqp091.Delivery, who identity) {
	if err := raw.Ack(false); err == nil && !c.channel.IsClosed() {
		r.memory.forget(who)
		return
	}
	r.memory.noteDone(who)
	r.logUnsettled(ctx, c, who.id, transport.Ack())
}

// reject makes a message a dead letter.
func (r *receiving) reject(ctx context.Context, c *consumer, raw amqp091.Delivery, attempt int, reason string) {
	r.settle(ctx, c, raw, attempt, func(ctx context.Context) error {
		return r.transport.bury(ctx, raw, r.target, attempt, reason)
	})
}

// settle acknowledges a message once it is kept elsewhere. It holds the message until
// then, for example while the broker blocks publishers. A message returned to the queue
// would be redelivered at once, and that counts as an attempt. If keeping it elsewhere
// can never succeed, the broker keeps it as a dead letter. settle does nothing if the
// message's channel is closed: the broker redelivers the message anyway.
func (r *receiving) settle(ctx context.Context, c *consumer, raw amqp091.Delivery, attempt int, keep func(context.Context) error) {
	atLeast := settleTimeout // for the first attempt, even after the subscription has ended
	for failures := 0; !c.channel.IsClosed(); failures++ {
		trying, cancel := c.holding(ctx, atLeast)
		err := r.tryKeeping(trying, raw, attempt, keep)
		cancel()
		if err == nil {
			_ = raw.Ack(false)
			return
		}
		if errors.Is(err, errHeader) || isPermanent(err) {
			err = r.drop(ctx, raw)
		}
		switch {
		case err == nil:
			return
		case !pause(ctx, c.over, backoff(failures)):
			return // the broker requeues it when the channel is closed
		}
		r.logUnkept(ctx, raw, failures, err)
		atLeast = 0
	}
}

// holding returns a context for keeping a message elsewhere. It ends when the channel
// that delivered the message is closed. It also ends with the subscription, but lasts at
// least for the time atLeast.
func (c *consumer) holding(ctx context.Context, atLeast time.Duration) (context.Context, context.CancelFunc) {
	until := time.Now().Add(atLeast)
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer cancel()
		select {
		case <-ctx.Done():
			pause(longer, c.over, time.Until(until))
		case <-c.closure.ended:
		case <-longer.Done():
		}
	}()
	return longer, cancel
}

// tryKeeping keeps a message elsewhere. If that fails permanently, it keeps the message
// as a dead letter.
func (r *receiving) tryKeeping(ctx context.Context, raw amqp091.Delivery, attempt int, keep func(context.Context) error) error {
	err := keep(ctx)
	if isPermanent(err) {
		r.logGivenUp(ctx, transport.Delivery{Message: transport.Message{ID: identify(raw).id}, Attempt: attempt}, err.Error())
		err = r.transport.bury(ctx, raw, r.target, attempt, err.Error())
	}
	return err
}

// drop makes the broker turn a message into a dead letter. The broker keeps the message
// unchanged, but loses it if there is no queue for dead letters. drop therefore declares
// that queue first. Temporary receivers may not have one yet, and another program may
// have created a different queue of that name.
func (r *receiving) drop(ctx context.Context, raw amqp091.Delivery) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	err := r.transport.declare(ctx, func(ch channel) error { return r.transport.topology.deadLetters(ch, r.target) })
	if err == nil {
		_ = raw.Reject(false)
	}
	return err
}
