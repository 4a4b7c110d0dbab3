package sqlevents

import (
	"context"
	"fmt"

	"github.com/rollcall-go/rollcall/transport"
)

// OutboxStats returns the counts of the outbox, of all instances together, and what the
// relay of this instance has done since [New]. The error is the database's or the context's.
//
// Its cost is bounded. It counts no more than 100,000 messages. Retrying, Oldest and Dead are
// of the first 10,000 messages and dead letters: what fails is usually among the oldest. On
// PostgreSQL, it also reads the statistics of the table and of the sessions.
func (t *Transport) OutboxStats(ctx context.Context) (transport.OutboxStats, error) {
	b, err := t.settings.count(ctx, t.db, "0 = 0", "0 = 0")
	if err == nil && b.Waiting+b.Retrying == looked {
		b.Waiting, err = t.countAll(ctx)
		b.Waiting -= b.Retrying
	}
	if err != nil {
		return transport.OutboxStats{}, annotated(err, "counting the outbox")
	}
	vacuum, err := t.vacuum(ctx)
	if err != nil {
		return transport.OutboxStats{}, annotated(err, "reading the statistics of the outbox's table")
	}
	r := t.relay
	return transport.OutboxStats{
		Backlog: b, Published: r.published.Load(), Failed: r.failed.Load(), Buried: r.buried.Load(), Vacuum: vacuum,
	}, nil
}

// counted is how many rows countAll counts at most.
const counted = 100_000

// countAll counts all rows. MariaDB and SQLite find them in an index, without their bodies.
func (t *Transport) countAll(ctx context.Context) (n int, err error) {
	text := fmt.Sprintf("SELECT count(*) FROM (SELECT id FROM %s LIMIT %d) AS counted", t.settings.table("outbox"), counted)
	err = t.db.QueryRowContext(ctx, text).Scan(&n)
	return max(n, looked), err // some may be gone since count
}

// vacuum returns what the statistics of PostgreSQL say, or nil for other databases. All that
// it reads is visible to every user. Sessions of other databases count only if they write:
// then the snapshot of this statement is as old as their transactions.
func (t *Transport) vacuum(ctx context.Context) (*transport.OutboxVacuum, error) {
	s := t.settings
	if s.dialect != PostgreSQL {
		return nil, nil
	}
	v := &transport.OutboxVacuum{}
	err := t.db.QueryRowContext(ctx, `SELECT pg_stat_get_dead_tuples(to_regclass($1)), coalesce(max(age), 0) FROM (
  SELECT age(backend_xmin) FROM pg_stat_activity
    WHERE (datname IS NULL OR datname = current_database()) AND backend_type IS DISTINCT FROM 'autovacuum worker'
  UNION ALL SELECT age(transaction) FROM pg_prepared_xacts
  UNION ALL SELECT age(xmin) FROM pg_replication_slots
) AS snapshots (age)`, s.table("outbox")).Scan(&v.DeadRows, &v.Horizon)
	return v, err
}
