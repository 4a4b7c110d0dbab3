package natsevents

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// link is the way to the server: whether a transport can be used, and if not, why. It may
// be used concurrently.
type link struct {
	addresses string          // for errors and logs; "" for an embedded server
	ready     chan struct{}   // closed when the transport can be used for the first time
	ended     context.Context // until Close

	mu      sync.Mutex
	end     context.CancelFunc
	reason  error         // why the last attempt to connect failed, or nil
	changed chan struct{} // closed when there is another reason
}

func newLink(addresses string) *link {
	l := &link{addresses: addresses, ready: make(chan struct{}), changed: make(chan struct{})}
	l.ended, l.end = context.WithCancel(context.Background())
	return l
}

func (l *link) isReady() bool {
	select {
	case <-l.ready:
		return true
	default:
		return false
	}
}

// open ends all waits with success. It returns false if the link was closed before.
func (l *link) open() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended.Err() != nil {
		return false
	}
	close(l.ready)
	return true
}

// close ends all waits with an error. It reports whether the link was ready.
func (l *link) close() (wasReady bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
	return l.isReady()
}

// fail records why an attempt has failed.
func (l *link) fail(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reason = reason
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *link) last() (reason error, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason, l.changed
}

// await waits until the transport can be used. It returns at once if that needs somebody
// to change something on the server.
func (l *link) await(ctx context.Context) error {
	for !l.isReady() {
		reason, changed := l.last()
		if isFinal(reason) {
			return fmt.Errorf("connecting to NATS at %s: %w", l.addresses, reason)
		}
		select {
		case <-l.ready:
		case <-changed:
		case <-l.ended.Done():
			return nats.ErrConnectionClosed
		case <-ctx.Done():
			return l.missing(ctx.Err())
		}
	}
	return nil
}

// missing returns the error of a call that has ended without a connection.
func (l *link) missing(err error) error {
	if reason, _ := l.last(); reason != nil {
		return fmt.Errorf("there is no connection to NATS at %s (the last attempt: %w): %w", l.addresses, reason, err)
	}
	return fmt.Errorf("there is no connection to NATS at %s yet: %w", l.addresses, err)
}

// patiently is how long a call waits for the connection if its context has no deadline.
const patiently = 30 * time.Second

// await waits for the connection. If ctx has no deadline, it waits for a limited time.
func (t *Transport) await(ctx context.Context) error {
	if t.link.isReady() {
		return nil
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	return t.link.await(ctx)
}

func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, patiently)
}

// AwaitConnection returns nil when there is a connection and the streams exist. If ctx
// ends before that, the error has the servers' addresses and the reason why the last
// attempt failed, but no password. It returns at once if only a change on the server can
// help: if the server denies a subject, or a stream of another kind has the same name.
func (t *Transport) AwaitConnection(ctx context.Context) error {
	if err := t.link.await(ctx); err != nil {
		return err
	}
	changed := t.conn.StatusChanged(nats.CONNECTED, nats.CLOSED)
	defer t.conn.RemoveStatusListener(changed)
	for !t.conn.IsConnected() {
		if t.conn.IsClosed() {
			return nats.ErrConnectionClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return t.link.missing(ctx.Err())
		}
	}
	return nil
}

// explained returns the error of a call to the server. If the call has waited in vain for a
// lost connection, the error says so.
func (t *Transport) explained(err error) error {
	waited := errors.Is(err, errUnanswered) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	if !waited || t.conn.IsConnected() || t.conn.IsClosed() {
		return err
	}
	return t.link.missing(err)
}

// connect connects and creates the streams. It tries again until that succeeds or the
// transport is closed.
func (t *Transport) connect(o nats.Options) {
	for attempt := 1; ; attempt++ {
		err := t.attempt(t.link.ended, o)
		if err == nil {
			t.connected(attempt)
			return
		}
		if t.link.ended.Err() != nil {
			return
		}
		t.link.fail(err)
		if attempt&(attempt-1) == 0 { // the first, second, fourth, eighth …
			t.log().Warn("there is no connection to NATS: events are not published and not received", "address", t.link.addresses, "attempt", attempt, "reason", err)
		}
		if !pause(t.link.ended, o.ReconnectWait+rand.N(max(o.ReconnectJitter, 0)+1)) {
			return
		}
	}
}

func (t *Transport) connected(attempt int) {
	if !t.link.open() { // closed meanwhile
		t.disconnect()
	} else if attempt > 1 {
		t.log().Info("connected to NATS", "address", t.link.addresses, "attempt", attempt)
	}
}

// attempt connects once and creates the streams.
func (t *Transport) attempt(ctx context.Context, o nats.Options) (err error) {
	t.denials = &denials{}
	t.listen(&o)
	if t.conn, err = o.Connect(); err != nil {
		return err
	}
	if err = t.setUp(ctx); err != nil {
		t.disconnect()
	}
	return err
}

// disconnect closes the connection, if there is one.
func (t *Transport) disconnect() {
	t.conn.Close()
	if t.confirmations != nil {
		t.confirmations.close()
	}
}
