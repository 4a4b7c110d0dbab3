package amqpevents

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// connection is a connection to the broker. Once lost, it is not restored.
type connection struct {
	conn *amqp091.Connection
	wire *wire
	over chan struct{} // closed when the connection is lost or closed
	lost error         // why the connection was lost, once over is closed

	mu        sync.Mutex
	blocked   string        // why the broker blocks publishers
	unblocked chan struct{} // closed when the broker no longer does; nil while it does not
}

const (
	answerTimeout = 10 * time.Second // for the broker to answer a call
	closeTimeout  = 2 * time.Second  // for the broker to answer at the end
)

func newConnection(conn *amqp091.Connection, w *wire) *connection {
	c := &connection{conn: conn, wire: w, over: make(chan struct{})}
	closes := conn.NotifyClose(make(chan *amqp091.Error, 1))
	blocks := conn.NotifyBlocked(make(chan amqp091.Blocking, 1))
	go c.watch(closes, blocks)
	return c
}

// watch records what the broker reports about the connection, until the connection ends.
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

// isOver reports whether the connection is lost or closed.
func (c *connection) isOver() bool { return c.conn.IsClosed() }

// do calls f, which calls the broker. The client's calls take no context, so do may
// return before f does. f then returns when the connection ends, at the latest. If the
// broker does not answer in answerTimeout, the error is errSilent. If the broker has also
// sent nothing else in that time, not even a heartbeat, do closes the connection.
// Otherwise only this call may be slow, for example because a queue has no leader, and
// other calls keep the connection.
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

// beats reports whether the broker sends at least one heartbeat in answerTimeout.
func (c *connection) beats() bool {
	heartbeat := c.conn.Config.Heartbeat
	return heartbeat > 0 && heartbeat <= answerTimeout
}

// on calls f, which uses a channel. After an error, f may still use the channel, so
// nothing else may. The channel is then closed when f returns.
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

// setUpTries is how often setting up a channel is tried at most, within two seconds.
const setUpTries = 5

// channel opens a channel and sets it up. It tries again after errors that may be
// momentary. The caller must close the channel.
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
		go func() { // the channel may still be opening
			if ch := <-opened; ch != nil {
				_ = ch.Close()
			}
		}()
		return nil, err
	}
	return <-opened, nil
}

// with calls f with a channel of its own, and closes the channel.
func (c *connection) with(ctx context.Context, f func(channel) error) error {
	ch, err := c.channel(ctx, f)
	if err != nil {
		return err
	}
	return c.do(ctx, ch.Close)
}
