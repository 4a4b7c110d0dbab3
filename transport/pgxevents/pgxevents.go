package pgxevents

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Transport is an outbox in PostgreSQL, around another transport. Make it with [New], and
// end it with Close. It may be used concurrently.
//
// It has the methods of a *sqlevents.Transport. Those that concern transactions take and
// return transactions of pgx.
type Transport struct {
	*sqlevents.Transport
	pool *pgxpool.Pool
	db   *sql.DB // of the pool, for the relay
}

// New returns an outbox in the pool's database, like sqlevents.New. The outbox closes the
// inner transport, but not the pool. While it runs, it uses some connections of the pool.
func New(pool *pgxpool.Pool, inner transport.Transport, options ...sqlevents.Option) (*Transport, error) {
	if pool == nil || inner == nil {
		return nil, errors.New("pgxevents: New needs a pool and another transport")
	}
	db := stdlib.OpenDBFromPool(pool)
	outbox, err := sqlevents.New(db, sqlevents.PostgreSQL, inner, options...)
	if err != nil {
		_ = db.Close() // that of the pool stays open
		return nil, err
	}
	return &Transport{outbox, pool, db}, nil
}

// Migrate creates the tables, or returns nil if they are there, like sqlevents.Migrate.
func Migrate(ctx context.Context, pool *pgxpool.Pool, options ...sqlevents.Option) error {
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	return sqlevents.Migrate(ctx, db, sqlevents.PostgreSQL, options...)
}

// Close ends the relay and closes the inner transport, like Close of a
// *sqlevents.Transport. The pool stays open: close it afterwards.
func (t *Transport) Close() error { return errors.Join(t.Transport.Close(), t.db.Close()) }

// InTx is InTx of a *sqlevents.Transport, with a transaction of the pool. An InTx within
// f, with its context, joins the transaction and ignores options.
func (t *Transport) InTx(ctx context.Context, options pgx.TxOptions, f func(ctx context.Context, tx pgx.Tx) error) error {
	return t.InTxBy(ctx, t.beginner(options), func(ctx context.Context) error {
		tx, ok := t.Tx(ctx)
		if !ok {
			return errors.New("this InTx would join a transaction that pgxevents did not begin: use InTxBy")
		}
		return f(ctx, tx)
	})
}

// WithTx is WithTx of a *sqlevents.Transport, with a transaction of pgx: with the context
// that it returns, Publish inserts messages in tx.
func (t *Transport) WithTx(ctx context.Context, tx pgx.Tx) context.Context {
	ctx = context.WithValue(ctx, txKey{t}, tx)
	return t.Transport.WithTx(ctx, transaction{tx, ctx})
}

// Tx returns the transaction of a context of InTx, WithTx or Inbox. It returns false if
// ctx has none.
func (t *Transport) Tx(ctx context.Context) (pgx.Tx, bool) {
	tx, ok := ctx.Value(txKey{t}).(pgx.Tx)
	return tx, ok
}

// Inbox is Inbox of a *sqlevents.Transport, with transactions of the pool.
func (t *Transport) Inbox() transport.Handled { return t.InboxBy(t.beginner(pgx.TxOptions{})) }

// txKey finds the transaction of an outbox in a context.
type txKey struct{ t *Transport }

func (t *Transport) beginner(options pgx.TxOptions) sqlevents.Begin {
	return func(ctx context.Context) (context.Context, sqlevents.Tx, error) {
		tx, err := t.pool.BeginTx(ctx, options)
		if err != nil {
			return nil, nil, err
		}
		return context.WithValue(ctx, txKey{t}, tx), transaction{tx, ctx}, nil
	}
}

// transaction is a sqlevents.Tx.
type transaction struct {
	tx  pgx.Tx
	ctx context.Context // of its begin
}

// ExecContext runs a statement.
func (x transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	done, err := x.tx.Exec(ctx, query, args...)
	return affected(done.RowsAffected()), err
}

// Commit commits. The error is that of the statement that failed before, of the commit, or
// of the context.
func (x transaction) Commit() error { return x.tx.Commit(x.ctx) }

// Rollback rolls back, also if the context has ended.
func (x transaction) Rollback() error { return x.tx.Rollback(context.WithoutCancel(x.ctx)) }

// affected is the result of a statement: a number of rows.
type affected int64

// LastInsertId returns an error: PostgreSQL has no such ID.
func (affected) LastInsertId() (int64, error) { return 0, errors.ErrUnsupported }

// RowsAffected returns the number of rows.
func (a affected) RowsAffected() (int64, error) { return int64(a), nil }
