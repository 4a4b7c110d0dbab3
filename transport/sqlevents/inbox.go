package sqlevents

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/rollcall-go/rollcall/transport"
)

// Inbox returns a [transport.Handled] that keeps its IDs in the outbox's database. Once
// begins a transaction, records the ID, and calls handle with a context that has the
// transaction: see [Transport.Tx]. It commits if handle returns nil. So what handle writes
// in that transaction is written once, whatever is redelivered. Events that handle
// publishes with the context are part of the transaction, as in [Transport.InTx].
//
// If another Once has recorded the ID and is not finished, Once waits. It calls handle
// only if the other one is rolled back. If the database ends the transaction because of
// other transactions (a serialization failure or a deadlock), Once begins again, up to ten
// times. Otherwise it returns the error of handle or of the database.
//
// Within InTx, Once joins the transaction. Within [Transport.WithTx], it does so too, and
// the caller must roll back if Once returns an error.
//
// IDs are kept for [KeepHandled]. A process that has called Inbox deletes older ones. Once
// uses one connection of db, so a handle that needs another one may wait for ever if the
// pool has only one.
func (t *Transport) Inbox() transport.Handled { return t.InboxBy(t.beginner(nil)) }

// InboxBy is [Transport.Inbox] with transactions that begin begins.
func (t *Transport) InboxBy(begin Begin) transport.Handled {
	t.cleaner.start(aging{"handled", "at", t.settings.keepHandled})
	return &inbox{t, begin}
}

type inbox struct {
	t     *Transport
	begin Begin
}

// Once implements [transport.Handled].
func (i *inbox) Once(ctx context.Context, id string, handle func(context.Context) error) error {
	once := func(ctx context.Context) error { return i.once(ctx, id, handle) }
	if joined, err := i.t.join(ctx, once); joined {
		return err
	}
	return retried(ctx, isTransient, func() error { return i.t.InTxBy(ctx, i.begin, once) })
}

// once records the ID in the transaction of ctx. It calls handle if the ID is new.
func (i *inbox) once(ctx context.Context, id string, handle func(context.Context) error) error {
	x, _ := ctx.Value(txKey{i.t}).(Execer)
	if c, ok := ctx.Value(txKey{i.t}).(*collector); ok {
		x = c.tx
	}
	isNew, err := i.t.settings.record(ctx, x, id)
	if err != nil {
		return annotated(err, "recording that a message is handled")
	}
	if !isNew {
		return nil
	}
	return handle(ctx)
}

// record enters an ID. It waits for a transaction that has entered it and has not ended.
// It returns false if the ID is there.
func (s settings) record(ctx context.Context, x Execer, id string) (bool, error) {
	done, err := x.ExecContext(ctx, s.texts.record, handledID(id))
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// recordText returns the statement that enters an ID unless it is there.
func (s settings) recordText() string {
	if s.dialect == MariaDB {
		return "INSERT IGNORE INTO " + s.table("handled") + " (id) VALUES (?)"
	}
	return s.dialect.bound("INSERT INTO " + s.table("handled") + " (id) VALUES (?) ON CONFLICT DO NOTHING")
}

// handledLength is how many bytes the column of the IDs can hold.
const handledLength = 255

// handledID returns an ID as it is stored. What does not fit is replaced by its hash.
func handledID(id string) string {
	if len(id) <= handledLength && utf8.ValidString(id) && !strings.ContainsRune(id, 0) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}
