package amqpevents

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// connection is one to the broker, until it is lost.
type connection struct {
	conn *amqp091.Connection
	wire *wire
	over chan struct{} // closed once it is lost or closed
	lost error         // why, once over is closed

	mu        sync.Mutex
	blocked   string        // why the broker blocks publishers
	unblocked chan struct{} // closed when it no longer does; nil while it does not
}

const (
	answerTimeout = 10 * time.Second // for the broker to answer a call
	closeTimeout  = 2 * time.Second  // for it to answer at the end
)

func newConnection(conn *amqp091.Connection, w *wire) *connection {
	c := &connection{conn: conn, wire: w, over: make(chan struct{})}
	closes := conn.NotifyClose(make(chan *amqp091.Error, 1))
	blocks := conn.NotifyBlocked(make(chan amqp091.Blocking, 1))
	go c.watch(closes, blocks)
	return c
}

// watch notes what the broker says of the connection, until its end.
func (c *connection) watch(closes <-chan *amqp091.Error, blocks <-chan amqp091.Blocking) {
	for b := range blocks {
		c.block(b)
	}
	if err := <-closes; err != nil {
		c.lost = err
	}
	c.block(amqp091.Blocking{})
	close(c.over)
}

func (c *connection) block(b amqp091.Blocking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked = b.Reason
	switch {
	case b.Active && c.unblocked == nil:
		c.unblocked = make(chan struct{})
	case !b.Active && c.unblocked != nil:
		close(c.unblocked)
		c.unblocked = nil
	}
}

// blocking reports why the broker blocks publishers, and returns a channel that is closed
// when it no longer does. The channel is nil if the broker does not block publishers.
func (c *connection) blocking() (reason string, unblocked <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blocked, c.unblocked
}

// close ends the connection, politely if the broker answers.
func (c *connection) close() {
	_ = c.conn.CloseDeadline(time.Now().Add(closeTimeout))
	<-c.over
}

// isOver says whether the connection is lost or closed.
func (c *connection) isOver() bool { return c.conn.IsClosed() }

// do has f call the broker. The client's calls know no context, so they are
// left to themselves when it ends: they return with the connection at the
// latest. A broker that has sent nothing all that time, no heartbeat either, is as
// good as lost. Else only what was asked for may be slow, a queue without a leader,
// and others must not lose their connection by that.
func (c *connection) do(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, errSilent)
	defer cancel()
	before := c.wire.reads.Load()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		if !errors.Is(context.Cause(ctx), errSilent) {
			return ctx.Err()
		}
		if c.beats() && c.wire.reads.Load() == before {
			_ = c.wire.Close()
		}
		return errSilent
	}
}

// beats says whether the broker sends a heartbeat, at least, while a call may take.
func (c *connection) beats() bool {
	heartbeat := c.conn.Config.Heartbeat
	return heartbeat > 0 && heartbeat <= answerTimeout
}

// on has f use a channel. After an error nobody else may, as f may still do: the
// channel is closed when f returns.
func (c *connection) on(ctx context.Context, ch channel, f func() error) error {
	returned := make(chan struct{})
	err := c.do(ctx, func() error {
		defer close(returned)
		return f()
	})
	if err != nil {
		go func() {
			<-returned
			_ = ch.Close()
		}()
	}
	return err
}

// setUpTries is how often a channel is set up at most, within two seconds.
const setUpTries = 5

// channel opens a channel and has it set up, which is tried again where it may
// succeed then. It is the caller's to close.
func (c *connection) channel(ctx context.Context, setUp func(channel) error) (channel, error) {
	for failures := 0; ; failures++ {
		ch, err := c.tryChannel(ctx, setUp)
		if !errors.Is(err, errMomentary) || failures == setUpTries-1 {
			return ch, err
		}
		if !pause(ctx, c.over, backoff(failures)) {
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

func (c *connection) tryChannel(ctx context.Context, setUp func(channel) error) (channel, error) {
	opened := make(chan channel, 1)
	err := c.do(ctx, func() error {
		ch, err := c.conn.Channel()
		if err == nil {
			err = setUp(ch)
		}
		opened <- ch
		return err
	})
	if err != nil {
		go func() { // it may still be about to be opened
			if ch := <-opened; ch != nil {
				_ = ch.Close()
			}
		}()
		return nil, err
	}
	return <-opened, nil
}

// with has f use a channel of its own.
func (c *connection) with(ctx context.Context, f func(channel) error) error {
	ch, err := c.channel(ctx, f)
	if err != nil {
		return err
	}
	return c.do(ctx, ch.Close)
}
