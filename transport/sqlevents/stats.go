package sqlevents

import (
	"context"

	"github.com/rollcall-go/rollcall/transport"
)

// OutboxStats returns the counts of the outbox, of all instances together, and what the
// relay of this instance has done since [New]. The first 100,000 messages and dead letters
// are counted, no more often than [Transport.Backlog] says. On PostgreSQL, a second statement
// reads the statistics of the table and of the sessions. The error is the database's or the
// context's.
func (t *Transport) OutboxStats(ctx context.Context) (transport.OutboxStats, error) {
	counts, err := t.census.take(ctx)
	if err != nil {
		return transport.OutboxStats{}, annotated(err, "counting the outbox")
	}
	vacuum, err := t.vacuum(ctx)
	if err != nil {
		return transport.OutboxStats{}, annotated(err, "reading the statistics of the outbox's table")
	}
	r := t.relay
	s := transport.OutboxStats{Published: r.published.Load(), Failed: r.failed.Load(), Buried: r.buried.Load(), Vacuum: vacuum}
	for _, b := range counts {
		s.Backlog = sum(s.Backlog, b)
	}
	return s, nil
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
