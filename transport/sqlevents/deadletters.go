package sqlevents

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// EachDeadLetter shows the dead letters of the outbox, and then those of the inner
// transport if it is a transport.DeadLetters. A message that could not be published to all
// receivers of its event has no receiver key: the key "" shows it. A letter of the outbox
// that is replayed is put into the outbox again. The error is the database's, the inner
// transport's or the context's.
func (t *Transport) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	ids, err := t.letterIDs(ctx, event, key)
	if err != nil {
		return 0, annotated(err, "looking for dead letters of the outbox")
	}
	shown := 0
	for _, id := range ids {
		found, err := t.dispose(ctx, id, decide)
		if found {
			shown++
		}
		if err != nil {
			return shown, annotated(err, "a dead letter of the outbox")
		}
	}
	inner, ok := t.inner.(transport.DeadLetters)
	if !ok {
		return shown, nil
	}
	n, err := inner.EachDeadLetter(ctx, event, key, decide)
	return shown + n, err
}

// letterIDs returns the IDs of dead letters, the oldest first.
func (t *Transport) letterIDs(ctx context.Context, event, key string) (ids []int64, err error) {
	s := t.settings
	rows, err := t.db.QueryContext(ctx, s.dialect.bound("SELECT id FROM "+s.table("dead")+" WHERE event = ? AND receiver_key = ? ORDER BY died, id"), event, key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// dispose asks what to do with a dead letter, and does it. It returns false if the letter
// is gone.
func (t *Transport) dispose(ctx context.Context, id int64, decide func(transport.DeadLetter) transport.Disposal) (bool, error) {
	s := t.settings
	var r row
	var died int64
	var reason string
	found := t.db.QueryRowContext(ctx, s.dialect.bound("SELECT "+selected+", died, reason FROM "+s.table("dead")+" WHERE id = ?"), id)
	if err := r.scan(found.Scan, &died, &reason); errors.Is(err, sql.ErrNoRows) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	letter := transport.DeadLetter{Delivery: transport.Delivery{Message: r.message.Clone(), Attempt: r.attempts}, Reason: reason, At: time.UnixMicro(died)}
	switch decide(letter) {
	case transport.Replay:
		return true, t.replay(ctx, r)
	case transport.Discard:
		_, err := t.deleteLetter(ctx, t.db, id)
		return true, err
	}
	return true, nil
}

// replay moves a dead letter to the outbox. It does nothing if another call has done so.
func (t *Transport) replay(ctx context.Context, r row) error {
	tx, err := t.begin(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if deleted, err := t.deleteLetter(ctx, tx, r.id); err != nil || !deleted {
		return err
	}
	if err := t.settings.insert(ctx, tx, []row{r}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	t.relay.wake(r)
	return nil
}

func (t *Transport) deleteLetter(ctx context.Context, x Execer, id int64) (bool, error) {
	done, err := x.ExecContext(ctx, t.settings.dialect.bound("DELETE FROM "+t.settings.table("dead")+" WHERE id = ?"), id)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}
