package sqlevents

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// InTx begins a transaction and calls f with it and with a context. It commits if f
// returns nil. Messages that are published with that context are inserted right before the
// commit, in their order. After the commit, they are published at once.
//
// If f returns an error or panics, the transaction is rolled back and no message is
// published. InTx returns the error of f, of the insertion, or of the commit. If the
// connection fails during the commit, the transaction may be committed nevertheless.
//
// An InTx within f, with its context, joins the transaction: it begins none and ignores
// options. If it fails, the transaction can't be committed any more. Within
// [Transport.WithTx] it joins, too. Then its caller commits, or rolls back if InTx fails.
//
// Each order key is locked until the commit. With its default settings, PostgreSQL can hold
// about 10,000 such locks.
//
// On SQLite, the transaction begins with a write, like BEGIN IMMEDIATE: a transaction that
// reads first could not write later if another has written meanwhile.
func (t *Transport) InTx(ctx context.Context, options *sql.TxOptions, f func(ctx context.Context, tx *sql.Tx) error) error {
	return t.InTxBy(ctx, t.beginner(options), func(ctx context.Context) error {
		tx, ok := t.Tx(ctx)
		if !ok {
			return errors.New("this InTx would join a transaction that is not a *sql.Tx: use InTxBy")
		}
		return f(ctx, tx)
	})
}

// Tx is a transaction. A *sql.Tx is one.
type Tx interface {
	Execer
	Commit() error
	Rollback() error // after Commit, it does nothing
}

// Begin begins a transaction in the outbox's database by other means than a *sql.DB, such
// as an ORM. The context that it returns is passed on, so it may hold the transaction as
// the ORM expects it. It must be derived from ctx.
type Begin func(ctx context.Context) (context.Context, Tx, error)

// InTxBy is [Transport.InTx] with a transaction that begin begins.
func (t *Transport) InTxBy(ctx context.Context, begin Begin, f func(ctx context.Context) error) error {
	if joined, err := t.join(ctx, f); joined {
		return err
	}
	ctx, tx, err := begin(ctx)
	if err != nil {
		return annotated(err, "beginning a transaction")
	}
	defer func() { _ = tx.Rollback() }() // also if f panics
	c := &collector{tx: t.prepared.in(tx)}
	defer c.end()
	if err := f(context.WithValue(ctx, txKey{t}, c)); err != nil {
		return err
	}
	rows, err := c.take()
	if err != nil {
		return err
	}
	if err := t.settings.insert(ctx, c.tx, rows); err != nil {
		return annotated(asDeadlock(err, ""), fmt.Sprintf("inserting %d events into the outbox", len(rows)))
	}
	if err := tx.Commit(); err != nil {
		return annotated(err, "committing a transaction")
	}
	if len(rows) > 0 {
		t.relay.wake(rows...)
	}
	return nil
}

// join calls f if ctx has a transaction that InTx joins.
func (t *Transport) join(ctx context.Context, f func(context.Context) error) (joined bool, err error) {
	switch x := ctx.Value(txKey{t}).(type) {
	case *collector:
		if x.open() {
			return true, x.join(ctx, f)
		}
	case *sql.DB: // without a transaction
	case Execer:
		return true, f(ctx)
	}
	return false, nil
}

func (t *Transport) beginner(options *sql.TxOptions) Begin {
	return func(ctx context.Context) (context.Context, Tx, error) {
		tx, err := t.settings.begin(ctx, t.db, t.prepared, options)
		return ctx, tx, err
	}
}

// begin begins a transaction. On SQLite, it begins with a write, by a prepared statement if
// p is not nil.
func (s settings) begin(ctx context.Context, db *sql.DB, p *prepared, options *sql.TxOptions) (*sql.Tx, error) {
	tx, err := db.BeginTx(ctx, options)
	if err != nil || s.dialect != SQLite || options != nil && options.ReadOnly {
		return tx, err
	}
	if _, err := p.in(tx).ExecContext(ctx, s.texts.beginWriting); err != nil {
		_ = tx.Rollback()
		return nil, err
	}
	return tx, nil
}
