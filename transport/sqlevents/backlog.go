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
// counts from when it is due. A message that was just published may be counted twice.
//
// Of the outbox, the first 100,000 messages and dead letters are counted, for all receivers
// at once. The counts are reused for ten times as long as the counting took, 5 seconds at
// most, so that many receivers cost little.
//
// The error is the inner transport's, the database's or the context's. It is
// errors.ErrUnsupported if the inner transport is not a transport.BacklogReporter.
func (t *Transport) Backlog(ctx context.Context, event, key string) (transport.Backlog, error) {
	inner, ok := t.inner.(transport.BacklogReporter)
	if !ok {
		return transport.Backlog{}, fmt.Errorf("the backlog of event %s by the key %s: %T reports none: %w", event, key, t.inner, errors.ErrUnsupported)
	}
	b, err := inner.Backlog(ctx, event, key)
	if err != nil {
		return transport.Backlog{}, err
	}
	counts, err := t.census.take(ctx)
	if err != nil {
		return transport.Backlog{}, annotated(err, "counting the outbox")
	}
	forAll := counts[receiver{event, ""}]
	forAll.Dead = 0 // those are no letters of this key
	return sum(sum(b, forAll), counts[receiver{event, key}]), nil
}

func sum(a, b transport.Backlog) transport.Backlog {
	return transport.Backlog{
		Waiting: a.Waiting + b.Waiting, InFlight: a.InFlight + b.InFlight, Retrying: a.Retrying + b.Retrying, Dead: a.Dead + b.Dead,
		Oldest: max(a.Oldest, b.Oldest),
	}
}

// census counts the outbox for all receivers. It may be used concurrently.
type census struct {
	t    *Transport
	turn chan struct{} // has an element while somebody uses what follows

	counts map[receiver]transport.Backlog // the key "" is for all; nil before the first count
	at     time.Time                      // when it ended
	took   time.Duration
}

func newCensus(t *Transport) *census { return &census{t: t, turn: make(chan struct{}, 1)} }

// take returns the counts by receiver, which the caller must not change.
func (c *census) take(ctx context.Context) (map[receiver]transport.Backlog, error) {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.turn }()
	begun := time.Now()
	if c.counts != nil && begun.Sub(c.at) < min(10*c.took, 5*time.Second) {
		return c.counts, nil
	}
	counts, err := c.t.count(ctx)
	if err != nil {
		return nil, err
	}
	c.counts, c.at = counts, time.Now()
	c.took = c.at.Sub(begun)
	return counts, nil
}

// counted is how many rows count reads at most, and how many dead letters.
const counted = 100_000

// count counts the first rows and dead letters, by receiver.
func (t *Transport) count(ctx context.Context) (map[receiver]transport.Backlog, error) {
	s := t.settings
	from := func(columns, table string) string {
		return fmt.Sprintf(" FROM (SELECT event, receiver_key%s FROM %s ORDER BY id LIMIT %d) AS counted GROUP BY event, receiver_key", columns, s.table(table), counted)
	}
	rows, err := t.db.QueryContext(ctx, "SELECT event, receiver_key, count(*), count(CASE WHEN attempts > 0 THEN 1 END), "+s.dialect.now()+" - min(since), 0"+
		from(", attempts, CASE WHEN attempts = 0 AND next_attempt > 0 THEN next_attempt ELSE created END AS since", "outbox")+" UNION ALL SELECT event, receiver_key, 0, 0, 0, count(*)"+from("", "dead"))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[receiver]transport.Backlog{}
	for rows.Next() {
		var r receiver
		var b transport.Backlog
		var age int64
		if err := rows.Scan(&r.event, &r.key, &b.Waiting, &b.Retrying, &age, &b.Dead); err != nil {
			return nil, err
		}
		b.Waiting -= b.Retrying
		b.Oldest = max(time.Duration(age)*time.Microsecond, 0)
		counts[r] = sum(counts[r], b)
	}
	return counts, rows.Err()
}
