package sqlevents

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Backlog returns the backlog of a receiver key, with what waits for it in the outbox. What
// has failed there counts as Retrying. A message that was just published may be counted
// twice. Backlog looks at no more than the first 10,000 messages and the first 10,000 dead
// letters of the outbox, so it counts too few if there are more. The error is the inner transport's, the database's or the context's. It is
// errors.ErrUnsupported if the inner transport is no transport.BacklogReporter.
func (t *Transport) Backlog(ctx context.Context, event, key string) (transport.Backlog, error) {
	inner, ok := t.inner.(transport.BacklogReporter)
	if !ok {
		return transport.Backlog{}, fmt.Errorf("the backlog of event %s by the key %s: %T reports none: %w", event, key, t.inner, errors.ErrUnsupported)
	}
	b, err := inner.Backlog(ctx, event, key)
	if err != nil {
		return transport.Backlog{}, err
	}
	own, err := t.settings.count(ctx, t.db, "event = ? AND receiver_key IN ('', ?)", "event = ? AND receiver_key = ?", event, key)
	b.Waiting += own.Waiting
	b.Retrying += own.Retrying
	b.Dead += own.Dead
	b.Oldest = max(b.Oldest, own.Oldest)
	return b, annotated(err, "counting the outbox")
}

// looked is how many rows count looks at.
const looked = 10_000

// count counts those of the first rows and of the first dead letters that meet the
// conditions.
func (s settings) count(ctx context.Context, db *sql.DB, rows, dead string, args ...any) (b transport.Backlog, err error) {
	var age int64
	first := fmt.Sprintf(" ORDER BY id LIMIT %d) AS first WHERE ", looked)
	text := "SELECT count(*), count(CASE WHEN attempts > 0 THEN 1 END), coalesce(max(" + s.dialect.now() + " - created), 0)," +
		" (SELECT count(*) FROM (SELECT event, receiver_key FROM " + s.table("dead") + first + dead + ")" +
		" FROM (SELECT event, receiver_key, attempts, created FROM " + s.table("outbox") + first + rows
	err = db.QueryRowContext(ctx, s.dialect.bound(text), append(args, args...)...).Scan(&b.Waiting, &b.Retrying, &age, &b.Dead)
	b.Waiting -= b.Retrying
	b.Oldest = max(time.Duration(age)*time.Microsecond, 0)
	return b, err
}
