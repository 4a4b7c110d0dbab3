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
	var values []any
	for _, r := range rows {
		values = append(values, r.values()...)
	}
	into := "INSERT INTO " + s.table("outbox") + " (" + strings.Join(inserted, ", ") + ") "
	switch {
	case len(locks) > 0 && s.dialect == PostgreSQL:
		return s.dialect.bound(into + s.lockedValues(len(rows), len(locks))), append(locks, values...)
	case len(locks) > 0 && s.dialect == MariaDB && len(rows) == 1:
		columns := strings.Trim(marks(len(inserted)), "()")
		return into + "SELECT " + columns + " FROM " + s.table("slots") + " WHERE slot = ? FOR UPDATE", append(values, locks...)
	}
	list := strings.Repeat(", "+marks(len(inserted)), len(rows))
	return s.dialect.bound(into + "VALUES " + list[2:]), values
}

// lockedValues is a query of PostgreSQL that takes all locks before it returns the first
// row. The condition refers to the count, so no planner may leave the locks out.
func (s settings) lockedValues(rows, locks int) string {
	typed := "(?::smallint, ?::text, ?::text, ?::text, ?::text, ?::text, ?::text, ?::text, ?::bytea)"
	return "SELECT v.* FROM (SELECT count(pg_advisory_xact_lock(k)) AS n FROM (VALUES " + strings.Repeat("(?::bigint), ", locks-1) + "(?::bigint)) AS keys (k)) AS locked, " +
		"(VALUES " + strings.Repeat(typed+", ", rows-1) + typed + ") AS v (" + strings.Join(inserted, ", ") + ") WHERE locked.n > 0"
}
