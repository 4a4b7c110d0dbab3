package sqlevents

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// Execer is a *sql.DB, *sql.Tx, *sql.Conn, or something else that runs statements in the
// application's transaction.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// maxRows is how many rows a statement inserts. Databases limit the parameters.
const maxRows = 500

// insert inserts rows in their order. The locks of their order keys are taken before the
// database assigns an ID, and are held until the transaction ends. So of one order key,
// the order of the IDs is the order of the commits.
func (s settings) insert(ctx context.Context, x Execer, rows []row) error {
	locks := s.locks(rows)
	if s.dialect == MariaDB && len(rows) > 1 {
		if err := s.lockSlots(ctx, x, locks); err != nil {
			return err
		}
		locks = nil
	}
	for part := range slices.Chunk(rows, maxRows) {
		text, args := s.insertText(part, locks)
		if _, err := x.ExecContext(ctx, text, args...); err != nil {
			return err
		}
		locks = nil // all are held
	}
	return nil
}

// lockSlots locks the slots of several order keys, in the order of the slots.
func (s settings) lockSlots(ctx context.Context, x Execer, locks []any) error {
	if len(locks) == 0 {
		return nil
	}
	// UPDATE locks like SELECT FOR UPDATE, and needs no QueryContext.
	_, err := x.ExecContext(ctx, "UPDATE "+s.table("slots")+" SET slot = slot WHERE slot IN "+marks(len(locks))+" ORDER BY slot", locks...)
	return err
}

// insertText returns the statement that inserts rows, and its arguments.
func (s settings) insertText(rows []row, locks []any) (string, []any) {
	columns := strings.Join(inserted, ", ")
	delayed := slices.ContainsFunc(rows, row.isDelayed)
	if delayed {
		columns += ", next_attempt"
	}
	var tuples []string
	var values []any
	for _, r := range rows {
		tuple := s.dialect.insertedMarks()
		values = append(values, r.values()...)
		if delayed {
			next, value := s.nextAttempt(r)
			tuple, values = tuple+", "+next, append(values, value)
		}
		tuples = append(tuples, tuple)
	}
	into := "INSERT INTO " + s.table("outbox") + " (" + columns + ") "
	list := "(" + strings.Join(tuples, "), (") + ")"
	switch {
	case len(locks) > 0 && s.dialect == PostgreSQL:
		return s.dialect.bound(into + s.lockedValues(columns, list, len(locks))), append(locks, values...)
	case len(locks) > 0 && s.dialect == MariaDB && len(rows) == 1:
		return into + "SELECT " + tuples[0] + " FROM " + s.table("slots") + " WHERE slot = ? FOR UPDATE", append(values, locks...)
	}
	return s.dialect.bound(into + "VALUES " + list), values
}

// insertedMarks returns the parameters of the columns that are inserted. In a query of
// PostgreSQL, nothing else says their types.
func (d Dialect) insertedMarks() string {
	if d == PostgreSQL {
		return "?::smallint, ?::text, ?::text, ?::text, ?::text, ?::text, ?::text, ?::text, ?::bytea"
	}
	return strings.Trim(marks(len(inserted)), "()")
}

// lockedValues is a query of PostgreSQL that takes all locks before it returns the first
// row. The condition refers to the count, so no planner may leave the locks out.
func (s settings) lockedValues(columns, list string, locks int) string {
	return "SELECT v.* FROM (SELECT count(pg_advisory_xact_lock(k)) AS n FROM (VALUES " + strings.Repeat("(?::bigint), ", locks-1) + "(?::bigint)) AS keys (k)) AS locked, " +
		"(VALUES " + list + ") AS v (" + columns + ") WHERE locked.n > 0"
}
