package sqlevents

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/rollcall-go/rollcall/transport"
)

// txKey finds the transaction of an outbox in a context. Each outbox has its own.
type txKey struct{ t *Transport }

// Publish stores a message in the outbox. The relay of one of the instances publishes it
// later. Publish never waits for the broker.
//
// With a context of [Transport.WithTx], Publish runs one INSERT in that transaction. With
// one of [Transport.InTx], it only checks the message, and InTx inserts it. In both cases
// nil means that the message is committed with the transaction. Otherwise Publish inserts
// the message by itself, and nil means that it is committed.
//
// The error is a *transport.MessageError, the database's or the context's.
func (t *Transport) Publish(ctx context.Context, m transport.Message) error {
	r, err := t.settings.newRow(m)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	switch tx := ctx.Value(txKey{t}).(type) {
	case *collector:
		return publishing(tx.add(r), m)
	case Execer:
		err = t.settings.insertOne(ctx, tx, r)
		t.relay.expect()
	default:
		if err = t.settings.insertOne(ctx, t.db, r); err == nil {
			t.relay.wake(r.part)
		}
	}
	return publishing(err, m)
}

func publishing(err error, m transport.Message) error {
	if err == nil {
		return nil
	}
	return annotated(err, "publishing event "+m.Event)
}

// WithTx returns a context with which Publish inserts messages in a transaction: a *sql.Tx,
// a *sql.Conn in a transaction, or whatever has ExecContext. It must be of the outbox's
// database. A relay finds the messages within two seconds after the commit, usually sooner:
// [Transport.InTx] is faster, because it knows when the commit is done.
//
// Of several order keys, a transaction locks each until it ends. Transactions that publish
// the same keys in different orders may deadlock: then the database ends one of them with
// an error. InTx avoids that.
func (t *Transport) WithTx(ctx context.Context, tx Execer) context.Context {
	return context.WithValue(ctx, txKey{t}, tx)
}

// InTx begins a transaction and calls f with it and with a context. It commits if f
// returns nil. Messages that are published with that context are inserted right before the
// commit, in their order. After the commit, they are published at once.
//
// If f returns an error or panics, the transaction is rolled back and no message is
// published. InTx returns the error of f, of the insertion, or of the commit. If the
// connection fails during the commit, the transaction may be committed nevertheless.
//
// An InTx within f, with its context, joins the transaction: it begins none and ignores
// options. If it fails, the transaction can't be committed any more.
//
// On SQLite, the transaction begins with a write, like BEGIN IMMEDIATE: a transaction that
// reads first could not write later if another has written meanwhile.
func (t *Transport) InTx(ctx context.Context, options *sql.TxOptions, f func(ctx context.Context, tx *sql.Tx) error) error {
	if c, ok := ctx.Value(txKey{t}).(*collector); ok && c.open() {
		return c.join(ctx, f)
	}
	tx, err := t.begin(ctx, options)
	if err != nil {
		return annotated(err, "beginning a transaction")
	}
	defer func() { _ = tx.Rollback() }() // also if f panics; after a commit, it does nothing
	c := &collector{tx: tx}
	defer c.end()
	if err := f(context.WithValue(ctx, txKey{t}, c), tx); err != nil {
		return err
	}
	rows, err := c.take()
	if err != nil {
		return err
	}
	if err := t.settings.insert(ctx, tx, rows); err != nil {
		return annotated(err, fmt.Sprintf("inserting %d events into the outbox", len(rows)))
	}
	if err := tx.Commit(); err != nil {
		return annotated(err, "committing a transaction")
	}
	t.relay.wake(parts(rows)...)
	return nil
}

func (t *Transport) begin(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error) {
	tx, err := t.db.BeginTx(ctx, options)
	if err != nil || t.settings.dialect != SQLite || options != nil && options.ReadOnly {
		return tx, err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE "+t.settings.table("schema")+" SET version = version WHERE 0 = 1"); err != nil {
		_ = tx.Rollback()
		return nil, err
	}
	return tx, nil
}

func parts(rows []row) []int {
	var list []int
	for _, r := range rows {
		list = append(list, r.part)
	}
	return list
}

// collector has the messages of a transaction until it is committed.
type collector struct {
	tx *sql.Tx

	mu     sync.Mutex
	rows   []row
	failed error // of a nested InTx
	ended  bool
}

func (c *collector) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended
}

func (c *collector) add(r row) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return errTxDone
	}
	r.message.Body = slices.Clone(r.message.Body) // it is inserted later
	c.rows = append(c.rows, r)
	return nil
}

// join calls f. If f fails or panics, the whole transaction fails.
func (c *collector) join(ctx context.Context, f func(context.Context, *sql.Tx) error) (err error) {
	returned := false
	defer func() {
		if !returned {
			err = errors.New("a nested InTx did not return")
		}
		if err != nil {
			c.fail(err)
		}
	}()
	err = f(ctx, c.tx)
	returned = true
	return err
}

func (c *collector) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = errors.Join(c.failed, err)
}

// take ends the collection and returns what was collected.
func (c *collector) take() ([]row, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	return c.rows, annotated(c.failed, "a nested InTx has failed, so the transaction is rolled back")
}

func (c *collector) end() { _, _ = c.take() }
