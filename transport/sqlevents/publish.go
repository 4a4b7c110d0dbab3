package sqlevents

import (
	"context"
	"database/sql"

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
// The error is a *transport.MessageError, a [*DeadlockError], the database's or the
// context's.
func (t *Transport) Publish(ctx context.Context, m transport.Message) error {
	r, err := t.settings.newRow(ctx, m, t.receivers.of(m.Event))
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
		err = asDeadlock(t.settings.insertOne(ctx, tx, r), "; publish events of several order keys in InTx without WithTx, which locks the keys in one order")
		t.relay.expect()
	default:
		if err = t.settings.insertOne(ctx, t.prepared, r); err == nil {
			t.relay.wake(r)
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
// the same keys in different orders may deadlock: then the database ends one of them, and
// Publish returns a [*DeadlockError]. InTx avoids that.
//
// Call it once for a transaction, and use the context for all its events.
func (t *Transport) WithTx(ctx context.Context, tx Execer) context.Context {
	return context.WithValue(ctx, txKey{t}, t.prepared.in(tx))
}

// Tx returns the transaction of a context of [Transport.InTx], [Transport.WithTx] or
// [Transport.Inbox]. It returns false if ctx has none, or one that is not a *sql.Tx.
func (t *Transport) Tx(ctx context.Context) (*sql.Tx, bool) {
	if c, ok := ctx.Value(txKey{t}).(*collector); ok {
		return asSQLTx(c.tx)
	}
	return asSQLTx(ctx.Value(txKey{t}))
}
