package sqlevents

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Transport is an outbox in a database, around another transport. Make it with [New], and
// end it with Close. It may be used concurrently.
type Transport struct {
	settings settings
	db       *sql.DB
	inner    transport.Transport
	relay    *relay
	census   *census
	cleaner  cleaner
	prepared *prepared
	closing  func() error

	receivers receivers
}

var (
	_ transport.Transport       = (*Transport)(nil)
	_ transport.Declarer        = (*Transport)(nil)
	_ transport.DeadLetters     = (*Transport)(nil)
	_ transport.BacklogReporter = (*Transport)(nil)
	_ transport.OutboxReporter  = (*Transport)(nil)
	_ transport.Connector       = (*Transport)(nil)
	_ transport.Delayer         = (*Transport)(nil)
	_ transport.Outbox          = (*Transport)(nil)
)

// New returns an outbox in a database. Its relay publishes the messages to the inner
// transport, from now until Close, in the background. The tables must exist: see [Migrate].
// AwaitConnection reports whether they do. While they are missing or the database can't be
// reached, the relay logs that and tries again.
//
// The outbox closes the inner transport, but not db.
func New(db *sql.DB, d Dialect, inner transport.Transport, options ...Option) (*Transport, error) {
	s, err := newSettings(d, options)
	if err != nil {
		return nil, err
	}
	if db == nil || inner == nil {
		return nil, errors.New("sqlevents: New needs a database and another transport")
	}
	t := &Transport{settings: s, db: db, inner: inner, prepared: &prepared{db: db, texts: s.texts.prepared(d)}}
	t.relay = newRelay(t)
	t.census = newCensus(t)
	if t.cleaner.t = t; s.keep > 0 {
		t.cleaner.start(aging{"published", "published", s.keep})
	}
	t.closing = sync.OnceValue(t.close)
	go t.relay.run()
	return t, nil
}

// Close ends the relay and then closes the inner transport, if that has a method Close. The
// relay waits for what the broker is confirming, 5 seconds at most, and releases its
// partitions. Messages that are left stay in the database. End the subscriptions before.
// The error is that of the inner transport.
func (t *Transport) Close() error { return t.closing() }

func (t *Transport) close() error {
	t.cleaner.close()
	t.relay.close()
	t.prepared.close()
	switch inner := t.inner.(type) {
	case interface{ Close() }:
		inner.Close()
	case interface{ Close() error }:
		return inner.Close()
	}
	return nil
}

// CanDelay returns true: see [transport.WithDelay].
func (t *Transport) CanDelay() bool { return true }

// AwaitConnection returns nil when the database can be reached, the tables are of the right
// version, and the inner transport is connected if it is a transport.Connector. The error
// is a [*SchemaError] at once if the tables are missing or of another version. If ctx ends
// before the connection, the error has the reason.
func (t *Transport) AwaitConnection(ctx context.Context) error {
	if err := t.awaitTables(ctx); err != nil {
		return err
	}
	if c, ok := t.inner.(transport.Connector); ok {
		return c.AwaitConnection(ctx)
	}
	return nil
}

// awaitTables waits until the database answers.
func (t *Transport) awaitTables(ctx context.Context) error {
	for {
		err := t.settings.checkVersion(ctx, t.db)
		var wrong *SchemaError
		if err == nil || errors.As(err, &wrong) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database of the outbox can't be reached (the last attempt: %w): %w", err, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Subscribe subscribes to the inner transport.
func (t *Transport) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	return t.inner.Subscribe(ctx, s, h)
}

// Flush waits until no message is in the outbox that was committed before the call: each
// is published or a dead letter. It does not wait for delayed messages that are not due, but
// for those that they hold back. It is for tests and for programs that end soon. The error
// is the database's or the context's.
func (t *Transport) Flush(ctx context.Context) error {
	var last sql.NullInt64
	if err := t.db.QueryRowContext(ctx, "SELECT max(id) FROM "+t.settings.table("outbox")).Scan(&last); err != nil {
		return annotated(err, "flushing the outbox")
	}
	query := t.settings.dialect.bound("SELECT count(*) FROM (SELECT id FROM " + t.settings.table("outbox") + " WHERE id <= ? AND (attempts > 0 OR next_attempt <= " +
		t.settings.dialect.now() + ") LIMIT 1) AS one")
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		var left int
		if err := t.db.QueryRowContext(ctx, query, last.Int64).Scan(&left); err != nil || left == 0 {
			return annotated(err, "flushing the outbox")
		}
		select {
		case <-ctx.Done():
			return annotated(ctx.Err(), "flushing the outbox")
		case <-time.After(pause):
		}
	}
}
