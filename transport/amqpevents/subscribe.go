package amqpevents

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// channel is a channel of the client.
type channel = *amqp091.Channel

// Subscribe calls the handler for each message until ctx ends. The prefetch count is
// s.MaxInFlight. Subscribe waits for a connection, continues after it is lost, and creates
// its queue again if it was deleted. A message that the handler has accepted is not given
// to it again only because the acknowledgement failed. The error is a
// *transport.SubscriptionError, a *ConflictError, the broker's error if the queue can't be
// created, or an error if the transport was closed.
func (t *Transport) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	r := &receiving{transport: t, subscription: s, handler: h, slots: make(chan struct{}, s.MaxInFlight)}
	if r.target = keyed(s.Event, s.Key); s.Key == "" {
		r.target = temporary(s.Event)
	}
	r.tally = t.tallies.of(r.target)
	defer r.workers.Wait()
	if err := r.run(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// receiving is one subscription in progress.
type receiving struct {
	transport    *Transport
	subscription transport.Subscription
	handler      transport.Handler
	target       target
	slots        chan struct{} // holds a value for each running handler, on any connection
	workers      sync.WaitGroup
	memory       memory
	tally        *tally
}

// run consumes on one connection after another, until the context ends.
func (r *receiving) run(ctx context.Context) error {
	begun := false
	for failures := 0; ; failures++ {
		conn, err := r.transport.consuming.wait(ctx)
		if err != nil {
			return err
		}
		c, err := r.open(ctx, conn)
		switch {
		case err == nil:
			begun, failures = true, 0
			r.consume(ctx, c)
		case !conn.isOver() && !errors.Is(err, errSilent) && (!begun || isPermanent(err)):
			return err
		}
		if !pause(ctx, nil, backoff(failures)) {
			return nil
		}
	}
}

// consumer is a channel that gets deliveries.
type consumer struct {
	*connection
	channel    channel
	deliveries <-chan amqp091.Delivery
	closure    *closure
	cancelled  <-chan string // the broker sends when the queue is deleted
	left       chan struct{} // closed if the broker does not confirm that deliveries have ended
	workers    sync.WaitGroup
	hired      atomic.Int64 // how many workers there are
	idle       atomic.Int64 // how many workers wait for a message
}

// open declares the receiver's queue and starts its deliveries.
func (r *receiving) open(ctx context.Context, conn *connection) (*consumer, error) {
	c := &consumer{connection: conn, left: make(chan struct{})}
	topology := r.transport.topology
	ch, err := conn.channel(ctx, func(ch channel) (err error) {
		if err := topology.exchanges(ch); err != nil {
			return err
		}
		queue := topology.names.queue(r.target.address)
		if r.subscription.Key != "" {
			err = topology.receiver(ch, r.target)
		} else {
			queue, err = topology.temporaryReceiver(ch, r.target)
		}
		if err != nil {
			return err
		}
		return c.start(ch, queue, r.subscription.MaxInFlight)
	})
	c.channel = ch
	if err == nil && r.subscription.Key != "" {
		r.transport.declared.add(r.subscription.Event, r.subscription.Key)
	}
	return c, err
}

const consumerTag = "rollcall"

// start starts the deliveries of a queue. limit is the number of handlers that may run,
// and therefore the prefetch count.
func (c *consumer) start(ch channel, queue string, limit int) (err error) {
	if err := ch.Qos(min(limit, math.MaxUint16), 0, false); err != nil {
		return annotated(err, "limiting what comes from the queue %s", queue)
	}
	c.closure = watchClosure(ch)
	c.cancelled = ch.NotifyCancel(make(chan string, 1))
	c.deliveries, err = ch.Consume(queue, consumerTag, false, false, false, false, nil)
	return annotated(err, "consuming from the queue %s", queue)
}

// consume handles messages until the context ends, or the broker or its connection fails.
// If the context has not ended, handlers may still run when consume returns.
func (r *receiving) consume(ctx context.Context, c *consumer) {
	r.hire(ctx, c)
	ending := context.WithoutCancel(ctx)
	select {
	case <-ctx.Done():
		if err := c.on(ending, c.channel, func() error { return c.channel.Cancel(consumerTag, false) }); err != nil {
			close(c.left)
			return
		}
		c.finish(ending)
	case _, deleted := <-c.cancelled:
		if !deleted { // the client closes this when the channel is closed
			<-c.closure.ended
			r.logClosure(ctx, c)
			return
		}
		r.logCancelled(ctx)
		r.workers.Go(func() { c.finish(ending) })
	case <-c.closure.ended:
		r.logClosure(ctx, c)
	}
}

// finish closes the channel when all handlers have settled their messages. When the
// broker answers, it has processed their acknowledgements.
func (c *consumer) finish(ctx context.Context) {
	c.workers.Wait()
	_ = c.do(ctx, c.channel.Close)
}

// hire starts a worker, unless there are as many as handlers may run.
func (r *receiving) hire(ctx context.Context, c *consumer) {
	if c.hired.Load() == int64(r.subscription.MaxInFlight) {
		return
	}
	c.hired.Add(1)
	c.idle.Add(1)
	c.workers.Add(1)
	r.employ(ctx, c)
}

// employ starts the goroutine of a worker. If a handler ends that goroutine, another one
// replaces it.
func (r *receiving) employ(ctx context.Context, c *consumer) {
	r.workers.Go(func() {
		done := false
		defer func() {
			if !done {
				c.idle.Add(1)
				r.employ(ctx, c)
				return
			}
			c.workers.Done()
		}()
		r.work(ctx, c)
		done = true
	})
}

// work handles one message after another until there are no more. While it handles a
// message, another worker waits for the next one.
func (r *receiving) work(ctx context.Context, c *consumer) {
	for {
		select {
		case raw, more := <-c.deliveries:
			if !more {
				return
			}
			if c.idle.Add(-1) == 0 {
				r.hire(ctx, c)
			}
			r.take(ctx, c, raw)
			c.idle.Add(1)
		case <-c.left:
			return
		}
	}
}

// take handles a message once a handler may run. After the subscription has ended, it
// returns the message to the queue.
func (r *receiving) take(ctx context.Context, c *consumer, raw amqp091.Delivery) {
	if raw.Redelivered && r.isDone(ctx, c, raw) {
		return
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-c.closure.ended:
	case <-ctx.Done():
	}
	switch {
	case c.channel.IsClosed(): // the message is redelivered on another channel
		r.memory.noteUnstarted(identify(raw))
	case ctx.Err() != nil:
		_ = raw.Reject(true) // no handler has started on it
	default:
		r.handle(ctx, c, raw)
	}
}

// isDone reports whether this subscription has handled a message in an earlier delivery,
// and acknowledges it then. If the handler still runs, isDone waits for it, or until the
// channel is closed.
func (r *receiving) isDone(ctx context.Context, c *consumer, raw amqp091.Delivery) bool {
	who := identify(raw)
	if ended := r.memory.ended(who); ended != nil {
		select {
		case <-ended:
		case <-c.closure.ended:
		}
	}
	if !r.memory.recall(who).done {
		return false
	}
	r.acknowledge(ctx, c, raw, who)
	return true
}
