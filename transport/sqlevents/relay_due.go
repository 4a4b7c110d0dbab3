package sqlevents

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// A row waits while its next_attempt is not 0: for the end of its delay, or for a further
// attempt. When it is due, the holder of its partition sets next_attempt to 0. Reads find
// only rows with 0, by an index of them, so they never pass those that wait. A row that
// waits holds back later ones of its order key, because reads leave these out.
//
// When the earlier row is due, reads find both. A pass that is in the middle of the
// partition would find only the later one. So no read runs meanwhile, and the next one
// begins at the front. The update is fenced, because that does not hold for a pass of
// another instance.

// maxRipe is how many rows of a partition become due at once.
const maxRipe = 64

// beginRipen looks for rows that are due or will be soon. It also finds what other instances
// have delayed, so it looks at least every maxPoll.
func (r *relay) beginRipen(now time.Time) {
	if r.ripening || r.reading || r.paused || now.Before(r.nextDue) {
		return
	}
	var parts []any
	for _, p := range r.parts {
		if !p.leaving && p.valid(now) {
			parts = append(parts, p.number)
		}
	}
	if len(parts) == 0 {
		r.nextDue = now.Add(maxPoll)
		return
	}
	r.ripening = true
	r.background(func(ctx context.Context) func() {
		ripe, next, err := r.t.settings.ripen(ctx, r.t, parts, r.member)
		return func() { r.endRipen(ripe, next, err) }
	})
}

func (r *relay) endRipen(ripe []waitingRow, next time.Duration, err error) {
	r.ripening, r.readLast = false, false
	r.nextDue = r.now().Add(next)
	if err != nil {
		r.doubt()
		r.log("outbox can't be read", err)
		r.nextDue = r.now().Add(maxPoll)
	}
	for _, x := range ripe { // also after an error: some may have become due
		r.again(x.part)
	}
}

// dueIn says that a row will be due after some time.
func (r *relay) dueIn(d time.Duration) {
	if due := r.now().Add(d); due.Before(r.nextDue) {
		r.nextDue = due
	}
}

// waitingRow is a row that waits.
type waitingRow struct {
	id   int64
	part int
	wait int64 // microseconds until it is due
}

// ripen lets rows of partitions be published that are due. It returns them, and when to look
// again.
func (s settings) ripen(ctx context.Context, t *Transport, parts []any, owner string) (ripe []waitingRow, next time.Duration, err error) {
	found, err := s.readWaiting(ctx, t, parts)
	if err != nil {
		return nil, 0, err
	}
	next = maxPoll
	for _, x := range found {
		if x.wait <= 0 {
			ripe = append(ripe, x)
			continue
		}
		next = min(next, time.Duration(x.wait)*time.Microsecond)
	}
	if len(ripe) >= maxRipe {
		next = 0 // there may be more of a partition
	}
	slices.SortFunc(ripe, func(a, b waitingRow) int { return cmp.Compare(a.id, b.id) }) // so that two instances do not deadlock
	for some := range slices.Chunk(ripe, maxDelete) {
		if err := s.setDue(ctx, t.db, some, owner); err != nil {
			return ripe, 0, err
		}
	}
	return ripe, next, nil
}

// setDue sets next_attempt to 0. For a delayed row, created becomes the time when it was
// due, so that its age counts from then. MariaDB sets the columns in this order.
func (s settings) setDue(ctx context.Context, x Execer, ripe []waitingRow, owner string) error {
	var ids []int64
	for _, w := range ripe {
		ids = append(ids, w.id)
	}
	tables, condition := s.byID(len(ids))
	text := "UPDATE " + tables + " SET created = CASE WHEN o.attempts = 0 THEN o.next_attempt ELSE o.created END, next_attempt = 0 WHERE " + condition +
		" AND o.next_attempt > 0 AND o.next_attempt <= " + s.dialect.now() + " AND o.part IN (SELECT part FROM " + s.table("leases") + " WHERE owner = ?)"
	_, err := x.ExecContext(ctx, s.dialect.bound(text), append(s.idArgs(ids), owner)...)
	return err
}

// readWaiting returns the rows of partitions that are due within maxPoll, the first ones of
// each.
func (s settings) readWaiting(ctx context.Context, t *Transport, parts []any) ([]waitingRow, error) {
	text, args := s.waitingText(parts)
	found, err := t.db.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var list []waitingRow
	for found.Next() {
		var x waitingRow
		if err := found.Scan(&x.id, &x.part, &x.wait); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, found.Err()
}

func (s settings) waitingText(parts []any) (string, []any) {
	now := s.dialect.statementTime()
	text := "SELECT id, part, next_attempt - " + now + " AS wait FROM " + s.table("outbox") + " WHERE next_attempt > 0 AND next_attempt <= " + now + " + ? AND part "
	soon := maxPoll.Microseconds()
	var args []any
	switch s.dialect {
	case PostgreSQL:
		args = append(append(args, parts...), soon, maxRipe)
		return s.dialect.bound("SELECT x.* FROM (VALUES " + strings.TrimPrefix(strings.Repeat(", (?::smallint)", len(parts)), ", ") + ") AS p (number) CROSS JOIN LATERAL (" +
			strings.Replace(text, "?", "?::bigint", 1) + "= p.number ORDER BY next_attempt LIMIT ?) AS x"), args
	case MariaDB:
		for _, p := range parts {
			args = append(args, soon, p, maxRipe)
		}
		part := "(" + text + "= ? ORDER BY next_attempt LIMIT ?)"
		return part + strings.Repeat(" UNION ALL "+part, len(parts)-1), args
	}
	args = append(append(append(args, soon), parts...), maxRipe*len(parts))
	return text + "IN " + marks(len(parts)) + " ORDER BY next_attempt LIMIT ?", args
}
