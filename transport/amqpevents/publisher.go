package amqpevents

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/rabbitmq/amqp091-go"
)

// publisher publishes on a connection of its own. It may be used concurrently.
type publisher struct {
	link    *link
	setUp   func(channel) error
	opening chan struct{} // holds a value while a channel is being opened
	current atomic.Pointer[confirming]
	apart   chan struct{} // holds a value for each message that is published on its own channel
}

// maxApart limits the channels for single messages. A connection may have far more
// channels.
const maxApart = 16

func newPublisher(l *link, setUp func(channel) error) *publisher {
	return &publisher{link: l, setUp: setUp, opening: make(chan struct{}, 1), apart: make(chan struct{}, maxApart)}
}

// route is an exchange and a routing key, which lead to queues.
type route struct{ exchange, key string }

// publish returns when the broker has confirmed a message, and reports whether any queue
// got it. If the connection or the channel is lost before that, publish sends the message
// again, so the broker may have it twice. The context sending limits the waits before the
// message can be sent.
func (p *publisher) publish(sending, ctx context.Context, to route, m amqp091.Publishing) (routed bool, err error) {
	for {
		c, err := p.channel(sending)
		if err != nil {
			return false, err
		}
		routed, err = c.publish(sending, ctx, to, m)
		if isException(err) {
			routed, err = p.publishApart(sending, ctx, to, m)
		}
		if !errors.Is(err, errLost) {
			return routed, err
		}
	}
}

// publishApart publishes a message on a channel of its own. If the broker refuses a
// message, it closes the channel and forgets all messages that are in flight there. It
// does not report which message it refused.
func (p *publisher) publishApart(sending, ctx context.Context, to route, m amqp091.Publishing) (routed bool, err error) {
	select {
	case p.apart <- struct{}{}:
		defer func() { <-p.apart }()
	case <-sending.Done():
		return false, errUnconfirmed(sending.Err())
	}
	conn, err := p.link.wait(sending)
	if err != nil {
		return false, err
	}
	c, err := newConfirming(sending, conn, p.setUp)
	switch {
	case err != nil && conn.isOver():
		return false, errLost
	case err != nil:
		return false, err
	}
	defer func() { go c.channel.Close() }() // nobody needs the answer
	routed, err = c.publish(sending, ctx, to, m)
	if isException(err) {
		err = fmt.Errorf("%w: %w", errRefused, err)
	}
	return routed, err
}

// channel returns the channel to publish on. It opens one if none is open.
func (p *publisher) channel(ctx context.Context) (*confirming, error) {
	if c := p.current.Load(); c != nil && !c.channel.IsClosed() {
		return c, nil
	}
	select {
	case p.opening <- struct{}{}:
		defer func() { <-p.opening }()
	case <-ctx.Done():
		return nil, p.link.missing(ctx.Err())
	}
	for {
		if c := p.current.Load(); c != nil && !c.channel.IsClosed() {
			return c, nil
		}
		conn, err := p.link.wait(ctx)
		if err != nil {
			return nil, err
		}
		c, err := newConfirming(ctx, conn, p.setUp)
		if err != nil && !errors.Is(err, errSilent) && !conn.isOver() {
			return nil, err
		}
		if err == nil {
			p.current.Store(c)
		}
	}
}

// confirming is a channel on which the broker confirms the messages that it has taken.
//
// If no queue got a message, the broker returns the message before confirming it. The
// client passes each returned message to every Go channel registered for returns, one
// after another, and waits until each has received it. There are therefore two such
// channels. The return is noted between the two receives, and so before the confirmation
// arrives.
type confirming struct {
	*connection
	channel       channel
	first, second chan amqp091.Return
	ended         chan struct{} // closed when the channel is closed
	exception     error         // why the channel was closed; errLost if the connection was lost

	mu       sync.Mutex
	last     int64
	returned map[int64]bool // whether a message in flight was returned, by number
}

// numberHeader identifies returned messages, because IDs may repeat.
const numberHeader = "rollcall-number"

func newConfirming(ctx context.Context, conn *connection, setUp func(channel) error) (*confirming, error) {
	ch, err := conn.channel(ctx, func(ch channel) error {
		if err := setUp(ch); err != nil {
			return err
		}
		return ch.Confirm(false)
	})
	if err != nil {
		return nil, err
	}
	c := &confirming{
		connection: conn, channel: ch, returned: map[int64]bool{}, ended: make(chan struct{}),
		first: ch.NotifyReturn(make(chan amqp091.Return)), second: ch.NotifyReturn(make(chan amqp091.Return)),
	}
	go c.watch(ch.NotifyClose(make(chan *amqp091.Error, 1)))
	return c, nil
}

// watch records returned messages until the channel is closed.
func (c *confirming) watch(closes <-chan *amqp091.Error) {
	for r := range c.first {
		c.noteReturn(r)
		<-c.second
	}
	c.exception = errLost
	if err := <-closes; err != nil && err.Recover {
		c.exception = err
	}
	close(c.ended)
}

func (c *confirming) noteReturn(r amqp091.Return) {
	number, _ := r.Headers[numberHeader].(int64)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, underWay := c.returned[number]; underWay {
		c.returned[number] = true
	}
}

func (c *confirming) begin() (number int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	c.returned[c.last] = false
	return c.last
}

func (c *confirming) end(number int64) (returned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	returned = c.returned[number]
	delete(c.returned, number)
	return returned
}

// publish is publisher.publish on this channel only. If the channel is closed, the error
// is errLost or the broker's.
func (c *confirming) publish(sending, ctx context.Context, to route, m amqp091.Publishing) (routed bool, err error) {
	if !fits(m, c.conn.Config.FrameSize) {
		return false, errHeader
	}
	if err := c.ready(sending); err != nil {
		return false, err
	}
	number := c.begin()
	m.Headers[numberHeader] = number
	confirmation, err := c.channel.PublishWithDeferredConfirm(to.exchange, to.key, true, false, m)
	if err == nil {
		err = c.await(ctx, confirmation)
	} else {
		err = c.closing(ctx)
	}
	returned := c.end(number)
	return !returned, err
}

// ready waits until the broker accepts messages and reads what is sent.
func (c *confirming) ready(ctx context.Context) error {
	for {
		reason, unblocked := c.blocking()
		room := c.wire.full()
		if unblocked == nil && room == nil {
			return nil
		}
		select {
		case <-cmp.Or(unblocked, room):
		case <-ctx.Done():
			if unblocked != nil {
				return errBlocked(reason, ctx.Err())
			}
			return errStalled(ctx.Err())
		}
	}
}

// await waits for a confirmation. The client reports a closed channel as a refusal, so
// await checks for that.
func (c *confirming) await(ctx context.Context, confirmation *amqp091.DeferredConfirmation) error {
	select {
	case <-confirmation.Done():
	case <-ctx.Done():
		if reason, unblocked := c.blocking(); unblocked != nil {
			return errUnconfirmed(errBlocked(reason, ctx.Err()))
		}
		return errUnconfirmed(ctx.Err())
	}
	switch {
	case confirmation.Acked():
		return nil
	case c.channel.IsClosed():
		return c.closing(ctx)
	}
	return errNacked
}

// closing waits until the channel is closed and returns why.
func (c *confirming) closing(ctx context.Context) error {
	select {
	case <-c.ended:
		return c.exception
	case <-ctx.Done():
		return ctx.Err()
	}
}
