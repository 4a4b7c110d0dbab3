package amqpevents

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// link is a connection that is restored whenever it is lost, until the link is closed. It
// may be used concurrently. See docs/decisions/amqp-reconnect.md.
type link struct {
	broker  broker
	purpose string
	end     context.CancelFunc
	ended   sync.WaitGroup

	mu      sync.Mutex
	current *connection
	changed chan struct{} // closed when there is another connection or the link is closed
	reason  error         // why there is no connection
	closed  bool
}

// newLink returns a link after making its first connection.
func newLink(b broker, purpose string) (*link, error) {
	ctx, end := context.WithCancel(context.Background())
	l := &link{broker: b, purpose: purpose, end: end, changed: make(chan struct{})}
	c, err := b.dial(ctx, purpose)
	if err != nil {
		end()
		return nil, err
	}
	l.current = c
	l.ended.Go(func() { l.keep(ctx, c) })
	return l, nil
}

// keep restores the connection whenever it is lost.
func (l *link) keep(ctx context.Context, c *connection) {
	for {
		select {
		case <-c.over:
		case <-ctx.Done():
			c.close()
			return
		}
		l.note(c.lost)
		if c = l.dial(ctx); c == nil || !l.take(c) {
			return
		}
	}
}

// take makes c the current connection. If the link was closed meanwhile, take closes c
// and returns false.
func (l *link) take(c *connection) bool {
	l.mu.Lock()
	closed := l.closed
	if !closed {
		l.current = c
		close(l.changed)
		l.changed = make(chan struct{})
	}
	l.mu.Unlock()
	if closed {
		c.close()
	}
	return !closed
}

// dial tries until there is a connection. It returns nil if the link is closed first.
func (l *link) dial(ctx context.Context) *connection {
	for failures := 0; pause(ctx, nil, backoff(failures)); failures++ {
		c, err := l.broker.dial(ctx, l.purpose)
		if err == nil {
			return c
		}
		l.note(err)
	}
	return nil
}

func (l *link) note(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reason = reason
}

// wait returns the connection as soon as there is one. If the context ends first, the
// error reports why there was none.
func (l *link) wait(ctx context.Context) (*connection, error) {
	for {
		l.mu.Lock()
		c, changed, closed := l.current, l.changed, l.closed
		l.mu.Unlock()
		if closed {
			return nil, errClosed
		}
		if !c.isOver() {
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, l.missing(ctx.Err())
		}
	}
}

// missing returns the error of a call whose context ended while it needed the connection.
// If there is no connection, the error says why.
func (l *link) missing(ended error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.current.isOver() {
		return ended
	}
	return errUnconnected(l.broker.host, l.reason, ended)
}

// close ends the link. It may be called again.
func (l *link) close() {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.changed)
	}
	l.mu.Unlock()
	l.end()
	l.ended.Wait()
}

// backoff returns how long to wait before the next attempt: a tenth of a second, doubled
// with each failure, 10 seconds at most. It subtracts a random part, so that the clients
// of a broker do not all retry at once.
func backoff(failures int) time.Duration {
	longest := min(100*time.Millisecond<<min(failures, 7), 10*time.Second)
	return longest/2 + rand.N(longest/2)
}

// pause waits. It returns false if the context ends or over is closed first.
func pause(ctx context.Context, over <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-over:
	case <-ctx.Done():
	}
	return false
}
