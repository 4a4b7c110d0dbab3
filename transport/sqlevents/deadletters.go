package sqlevents

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// DeadLetters are the dead letters of an outbox, without a relay and without a broker: for
// programs that look after an outbox and publish nothing. Make it with [OpenDeadLetters].
// It may be used concurrently, and beside the instances of the application.
type DeadLetters struct {
	settings settings
	db       *sql.DB
	replayed func(row) // called after a letter was put into the outbox again
}

var (
	_ transport.DeadLetters     = (*DeadLetters)(nil)
	_ transport.BacklogReporter = (*DeadLetters)(nil)
)

// OpenDeadLetters returns the dead letters of an outbox in a database. It does not close
// db. The error is a [*SchemaError] if the tables are missing or of another version, the
// database's or the context's, or reports an invalid option.
func OpenDeadLetters(ctx context.Context, db *sql.DB, d Dialect, options ...Option) (*DeadLetters, error) {
	s, err := newSettings(d, options)
	if err != nil {
		return nil, err
	}
	if err := s.checkVersion(ctx, db); err != nil {
		return nil, annotated(err, "looking for the tables of the outbox")
	}
	return &DeadLetters{settings: s, db: db, replayed: func(row) {}}, nil
}

// EachDeadLetter shows the dead letters of the outbox, as [transport.DeadLetters]
// describes. A message that could not be published to all receivers of its event has no
// receiver key: the key "" shows it. A letter that is replayed is put into the outbox
// again, in the same transaction that deletes it. The relay of an instance publishes it
// within two seconds. The error is the database's or the context's.
func (l *DeadLetters) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	ids, err := l.ids(ctx, event, key)
	if err != nil {
		return 0, annotated(err, "looking for dead letters of the outbox")
	}
	shown := 0
	for _, id := range ids {
		found, err := l.dispose(ctx, id, decide)
		if found {
			shown++
		}
		if err != nil {
			return shown, annotated(err, "a dead letter of the outbox")
		}
	}
	return shown, nil
}

// ids returns the IDs of dead letters, the oldest first.
func (l *DeadLetters) ids(ctx context.Context, event, key string) (ids []int64, err error) {
	s := l.settings
	rows, err := l.db.QueryContext(ctx, s.dialect.bound("SELECT id FROM "+s.table("dead")+" WHERE event = ? AND receiver_key = ? ORDER BY died, id"), event, key)
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
func (l *DeadLetters) dispose(ctx context.Context, id int64, decide func(transport.DeadLetter) transport.Disposal) (bool, error) {
	s := l.settings
	var r row
	var died int64
	var reason string
	found := l.db.QueryRowContext(ctx, s.dialect.bound("SELECT "+selected+", died, reason FROM "+s.table("dead")+" WHERE id = ?"), id)
	if err := r.scan(found.Scan, &died, &reason); errors.Is(err, sql.ErrNoRows) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	letter := transport.DeadLetter{Delivery: transport.Delivery{Message: r.message.Clone(), Attempt: r.attempts}, Reason: reason, At: time.UnixMicro(died)}
	switch decide(letter) {
	case transport.Replay:
		return true, l.replay(ctx, r)
	case transport.Discard:
		_, err := l.delete(ctx, l.db, id)
		return true, err
	}
	return true, nil
}

// replay moves a dead letter to the outbox. It does nothing if another call has done so.
func (l *DeadLetters) replay(ctx context.Context, r row) error {
	tx, err := l.settings.begin(ctx, l.db, nil, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if deleted, err := l.delete(ctx, tx, r.id); err != nil || !deleted {
		return err
	}
	if err := l.settings.insert(ctx, tx, []row{r}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	l.replayed(r)
	return nil
}

func (l *DeadLetters) delete(ctx context.Context, x Execer, id int64) (bool, error) {
	done, err := x.ExecContext(ctx, l.settings.dialect.bound("DELETE FROM "+l.settings.table("dead")+" WHERE id = ?"), id)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// Receivers returns the events and receiver keys of what is in the outbox: messages and
// dead letters. They are sorted by event and then by key. The key "" stands for what is
// for all receivers of the event. Receivers reads all rows. The error is the database's or
// the context's.
func (l *DeadLetters) Receivers(ctx context.Context) (list []transport.Subscription, err error) {
	names := func(table string) string { return "SELECT event, receiver_key FROM " + l.settings.table(table) }
	rows, err := l.db.QueryContext(ctx, names("outbox")+" UNION "+names("dead"))
	if err != nil {
		return nil, annotated(err, "listing the receivers in the outbox")
	}
	defer rows.Close()
	for rows.Next() {
		var s transport.Subscription
		if err := rows.Scan(&s.Event, &s.Key); err != nil {
			return nil, annotated(err, "listing the receivers in the outbox")
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b transport.Subscription) int { // databases sort text in different ways
		return cmp.Or(cmp.Compare(a.Event, b.Event), cmp.Compare(a.Key, b.Key))
	})
	return list, annotated(rows.Err(), "listing the receivers in the outbox")
}

// Backlog returns how many messages in the outbox are for exactly this receiver key. The
// key "" stands for those that are for all receivers. What has failed counts as Retrying.
// The error is the database's or the context's.
func (l *DeadLetters) Backlog(ctx context.Context, event, key string) (transport.Backlog, error) {
	of := "event = ? AND receiver_key = ?"
	b, err := l.settings.count(ctx, l.db, of, event, key)
	return b, annotated(err, "counting the outbox")
}

// EachDeadLetter shows the dead letters of the outbox, as [DeadLetters.EachDeadLetter]
// does, and then those of the inner transport if it is a transport.DeadLetters. The error
// is the database's, the inner transport's or the context's.
func (t *Transport) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	own := &DeadLetters{t.settings, t.db, func(r row) { t.relay.wake(r) }}
	shown, err := own.EachDeadLetter(ctx, event, key, decide)
	inner, ok := t.inner.(transport.DeadLetters)
	if err != nil || !ok {
		return shown, err
	}
	n, err := inner.EachDeadLetter(ctx, event, key, decide)
	return shown + n, err
}

// count counts the rows and the dead letters that meet a condition.
func (s settings) count(ctx context.Context, db *sql.DB, condition string, args ...any) (b transport.Backlog, err error) {
	var age int64
	text := "SELECT count(*), count(CASE WHEN attempts > 0 THEN 1 END), coalesce(max(" + s.dialect.now() + " - CASE WHEN attempts = 0 AND next_attempt > 0 THEN next_attempt ELSE created END), 0), (SELECT count(*) FROM " + s.table("dead") + " WHERE " + condition + ") FROM " + s.table("outbox") + " WHERE " + condition
	err = db.QueryRowContext(ctx, s.dialect.bound(text), append(args, args...)...).Scan(&b.Waiting, &b.Retrying, &age, &b.Dead)
	b.Waiting -= b.Retrying
	b.Oldest = max(time.Duration(age)*time.Microsecond, 0)
	return b, err
}
