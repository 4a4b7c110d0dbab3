package natsevents

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
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
	failed  int           // attempts since there was a connection
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

// fail records why an attempt has failed. It returns how many have failed since there was
// a connection.
func (l *link) fail(reason error) (failed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reason = reason
	l.failed++
	close(l.changed)
	l.changed = make(chan struct{})
	return l.failed
}

// restore records that there is a connection. It returns how many attempts have failed
// before.
func (l *link) restore() (failed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	failed, l.failed = l.failed, 0
	l.reason = nil
	return failed
}

// last returns why the last attempt has failed, or nil. changed is closed when there is
// another reason.
func (l *link) last() (changed <-chan struct{}, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed, l.reason
}

// await waits until the transport can be used. It returns at once if that needs somebody
// to change something on the server.
func (l *link) await(ctx context.Context) error {
	for !l.isReady() {
		changed, reason := l.last()
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
	if _, reason := l.last(); reason != nil {
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
	for {
		err := t.attempt(t.link.ended, o)
		if err == nil && t.link.open() {
			t.connected()
			return
		}
		if err == nil { // closed meanwhile
			t.disconnect()
			return
		}
		t.notConnected(err)
		if !pause(t.link.ended, o.ReconnectWait+rand.N(max(o.ReconnectJitter, 0)+1)) {
			return
		}
	}
}

// notConnected records and logs why an attempt has failed.
func (t *Transport) notConnected(reason error) {
	failed := t.link.fail(reason)
	if t.link.ended.Err() == nil && failed&(failed-1) == 0 { // the first, second, fourth, eighth …
		t.log().Warn("there is no connection to NATS: events are not published and not received", "address", t.link.addresses, "failed", failed, "reason", reason)
	}
}

// connected records that there is a connection, and logs it if attempts have failed.
func (t *Transport) connected() {
	if failed := t.link.restore(); failed > 0 {
		t.log().Info("connected to NATS", "address", t.link.addresses, "failed", failed)
	}
}

// attempt connects once and creates the streams.
func (t *Transport) attempt(ctx context.Context, o nats.Options) (err error) {
	t.denials = &denials{}
	t.listen(&o)
	if t.conn, err = o.Connect(); err != nil {
		return withoutURL(err)
	}
	if err = t.setUp(ctx); err != nil {
		t.disconnect()
	}
	return err
}

// withoutURL returns an error of the client, unless it quotes a URL with its password. The
// client may have such a URL from an option, because Connect has checked its own.
func withoutURL(err error) error {
	var unreadable *url.Error
	if errors.As(err, &unreadable) {
		return errors.New("a URL in the options of the client can't be read")
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

// listen makes the client report denied subjects and the state of its connection to t. The
// handlers that [Client] has set are called, too. Without a handler of errors, the client
// would write to the program's standard error.
func (t *Transport) listen(o *nats.Options) {
	d, failed, reconnected, refused := t.denials, o.AsyncErrorCB, o.ReconnectedCB, o.ReconnectErrCB
	o.AsyncErrorCB = func(conn *nats.Conn, sub *nats.Subscription, err error) {
		if e := t.settings.asDenied(err); e != nil {
			t.denied(d, e)
		}
		if isRefused(err) {
			t.notConnected(err)
		}
		if failed != nil {
			failed(conn, sub, err)
		}
	}
	o.ReconnectedCB = func(conn *nats.Conn) {
		d.inbox.Store(nil) // a new connection may have other permissions
		t.logged.forget()
		t.connected()
		if reconnected != nil {
			reconnected(conn)
		}
	}
	o.ReconnectErrCB = func(conn *nats.Conn, err error) {
		t.notConnected(err)
		if refused != nil {
			refused(conn, err)
		}
	}
}

// isRefused reports whether the server has refused the credentials of a connection.
func isRefused(err error) bool {
	for _, refused := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired} {
		if errors.Is(err, refused) {
			return true
		}
	}
	return false
}
