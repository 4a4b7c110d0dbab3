package sqlevents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Backlog returns the backlog of a receiver key, with what waits for it in the outbox. What
// has failed there counts as Retrying. A delayed message counts as Waiting, and its age
// counts from when it is due. A message that was just published may be counted
// twice. The error is the inner transport's, the database's or the context's. It is
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
	own, err := t.count(ctx, "event = ? AND receiver_key IN ('', ?)", "event = ? AND receiver_key = ?", event, key)
	b.Waiting += own.Waiting
	b.Retrying += own.Retrying
	b.Dead += own.Dead
	b.Oldest = max(b.Oldest, own.Oldest)
	return b, annotated(err, "counting the outbox")
}

// OutboxBacklog returns how many messages are in the outbox. Those that have failed count
// as Retrying. Delayed ones count as Waiting, and their age counts from when they are due.
// It reads all rows of the outbox.
func (t *Transport) OutboxBacklog(ctx context.Context) (transport.Backlog, error) {
	b, err := t.count(ctx, "0 = 0", "0 = 0")
	return b, annotated(err, "counting the outbox")
}

// count counts the rows and the dead letters that meet the conditions.
func (t *Transport) count(ctx context.Context, rows, dead string, args ...any) (b transport.Backlog, err error) {
	s := t.settings
	var age int64
	text := "SELECT count(*), count(CASE WHEN attempts > 0 THEN 1 END), coalesce(max(" + s.dialect.now() + " - CASE WHEN attempts = 0 AND next_attempt > 0 THEN next_attempt ELSE created END), 0), (SELECT count(*) FROM " + s.table("dead") + " WHERE " + dead + ") FROM " + s.table("outbox") + " WHERE " + rows
	err = t.db.QueryRowContext(ctx, s.dialect.bound(text), append(args, args...)...).Scan(&b.Waiting, &b.Retrying, &age, &b.Dead)
	b.Waiting -= b.Retrying
	b.Oldest = max(time.Duration(age)*time.Microsecond, 0)
	return b, err
}
