package amqpevents

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// link is a connection that is made in the background and restored whenever it is lost,
// until the link is closed. It may be used concurrently. See
// docs/decisions/amqp-reconnect.md.
type link struct {
	broker  broker
	purpose string
	log     *slog.Logger
	end     context.CancelFunc
	ended   sync.WaitGroup

	mu      sync.Mutex
	current *connection   // nil until the first one is made
	changed chan struct{} // closed when there is another connection or the link is closed
	reason  error         // why there is no connection
	closed  bool
}

// newLink returns a link that begins to connect.
func newLink(b broker, purpose string, log *slog.Logger) *link {
	ctx, end := context.WithCancel(context.Background())
	l := &link{broker: b, purpose: purpose, log: log, end: end, changed: make(chan struct{})}
	l.ended.Go(func() { l.keep(ctx) })
	return l
}

// keep makes the connection, and restores it whenever it is lost.
func (l *link) keep(ctx context.Context) {
	for {
		c := l.dial(ctx)
		if c == nil || !l.take(c) {
			return
		}
		select {
		case <-c.over:
		case <-ctx.Done():
			c.close()
			return
		}
		l.note(c.lost)
		l.logLost(ctx, c.lost)
		if !pause(ctx, nil, backoff(0)) {
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

// dial tries until there is a connection. It returns nil if the link is closed first. It
// logs the first failure, and the success after it.
func (l *link) dial(ctx context.Context) *connection {
	for failures := 0; ; failures++ {
		c, err := l.broker.dial(ctx, l.purpose)
		if err == nil {
			if failures > 0 {
				l.log.LogAttrs(ctx, slog.LevelInfo, "connected to the broker", l.attributes()...)
			}
			return c
		}
		l.note(err)
		if failures == 0 && ctx.Err() == nil {
			l.log.LogAttrs(ctx, slog.LevelWarn, "no connection to the broker: trying again until there is one",
				append(l.attributes(), slog.String("reason", err.Error()))...)
		}
		if !pause(ctx, nil, backoff(failures)) {
			return nil
		}
	}
}

// logLost logs that the connection was lost. If the client could not read a message, the
// broker sends the same one again after each reconnect, until somebody removes it.
func (l *link) logLost(ctx context.Context, reason error) {
	if ctx.Err() != nil || reason == nil {
		return // closed by this process
	}
	attributes := append(l.attributes(), slog.String("reason", reason.Error()))
	if isUnreadable(reason) {
		l.log.LogAttrs(ctx, slog.LevelError, "the connection to the broker was lost, because the client can't read a message",
			append(attributes, slog.String("next", unreadableAdvice))...)
		return
	}
	l.log.LogAttrs(ctx, slog.LevelWarn, "the connection to the broker was lost and is restored", attributes...)
}

func (l *link) attributes() []slog.Attr {
	return []slog.Attr{slog.String("broker", l.broker.host), slog.String("purpose", l.purpose)}
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
		if c != nil && !c.isOver() {
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
	if l.current != nil && !l.current.isOver() {
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
