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
	if len(rows) == 1 {
		return s.insertOne(ctx, x, rows[0])
	}
	if s.dialect == SQLite && !slices.ContainsFunc(rows, row.isDelayed) {
		return s.insertPrepared(ctx, x, rows)
	}
	locks := s.locks(rows)
	if s.dialect == MariaDB || len(locks) > maxLocks {
		for part := range slices.Chunk(locks, maxLocks) {
			text, args := s.locksText(part)
			if _, err := x.ExecContext(ctx, text, args...); err != nil {
				return err
			}
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

// insertOne inserts one row, which is usual.
func (s settings) insertOne(ctx context.Context, x Execer, r row) error {
	var text string
	var args []any
	isLocked := r.orderKey != "" && s.dialect != SQLite // one transaction of SQLite writes at a time
	switch {
	case r.isDelayed():
		text, args = s.insertText([]row{r}, s.locks([]row{r}))
	case isLocked:
		text, args = s.texts.insertLocked, append(r.appendValues(make([]any, 0, len(inserted)+1)), s.lock(r.orderKey))
	default:
		text, args = s.texts.insert, r.appendValues(make([]any, 0, len(inserted)))
	}
	_, err := x.ExecContext(ctx, text, args...)
	return err
}

// preparedRows is how many rows the prepared statements for SQLite insert.
var preparedRows = [...]int{10, 5, 2, 1}

// insertPrepared inserts rows without delays on SQLite, by statements that are prepared once:
// to prepare a statement of many rows takes longer than to run it.
func (s settings) insertPrepared(ctx context.Context, x Execer, rows []row) error {
	for i, size := range preparedRows {
		for ; len(rows) >= size; rows = rows[size:] {
			values := make([]any, 0, size*len(inserted))
			for _, r := range rows[:size] {
				values = r.appendValues(values)
			}
			if _, err := x.ExecContext(ctx, s.texts.insertRows[i], values...); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxLocks is how many locks a statement takes. For about 200 slots, MariaDB would read and
// lock all of them.
const maxLocks = 100

// locksText returns a statement that takes locks in their order, and its arguments.
func (s settings) locksText(locks []any) (string, []any) {
	if s.dialect == MariaDB { // UPDATE locks like SELECT FOR UPDATE, and needs no QueryContext
		return "UPDATE " + s.table("slots") + " SET slot = slot WHERE slot IN " + marks(len(locks)) + " ORDER BY slot", locks
	}
	return s.dialect.bound("SELECT count(pg_advisory_xact_lock(k)) FROM (VALUES " + lockTuples(len(locks)) + ") AS keys (k)"), locks
}

func lockTuples(locks int) string {
	return strings.Repeat("(?::bigint), ", locks-1) + "(?::bigint)"
}

// insertText returns the statement that inserts rows, after locks if there are some, and its
// arguments. On MariaDB, only one row may have a lock.
func (s settings) insertText(rows []row, locks []any) (string, []any) {
	columns := strings.Join(inserted, ", ")
	delayed := slices.ContainsFunc(rows, row.isDelayed)
	if delayed {
		columns += ", next_attempt"
	}
	var tuples []string
	values := make([]any, 0, len(rows)*(len(inserted)+1)+len(locks))
	for _, r := range rows {
		tuple := s.dialect.insertedMarks()
		values = r.appendValues(values)
		if delayed {
			next, value := s.nextAttempt(r)
			tuple, values = tuple+", "+next, append(values, value)
		}
		tuples = append(tuples, tuple)
	}
	into := "INSERT INTO " + s.table("outbox") + " (" + columns + ") "
	list := "(" + strings.Join(tuples, "), (") + ")"
	switch {
	case len(locks) == 1 && len(rows) == 1:
		return s.dialect.bound(into + "SELECT " + tuples[0] + " FROM " + s.oneLock()), append(values, locks...)
	case len(locks) > 0:
		return s.dialect.bound(into + lockedValues(columns, list, len(locks))), append(locks, values...)
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

// oneLock is the FROM of a query for one row. Its lock is taken before INSERT assigns an ID
// to the row. No planner of PostgreSQL leaves out a subquery of FROM with a volatile
// function. It does leave out a WITH that nobody refers to, and a lock in VALUES may be taken
// after the ID is assigned.
func (s settings) oneLock() string {
	if s.dialect == PostgreSQL {
		return "(SELECT pg_advisory_xact_lock(?::bigint)) AS locked"
	}
	return s.table("slots") + " WHERE slot = ? FOR UPDATE"
}

// lockedValues is a query of PostgreSQL that takes all locks before it returns the first
// row. The condition refers to the count, so no planner may leave the locks out.
func lockedValues(columns, list string, locks int) string {
	return "SELECT v.* FROM (SELECT count(pg_advisory_xact_lock(k)) AS n FROM (VALUES " + lockTuples(locks) + ") AS keys (k)) AS locked, " +
		"(VALUES " + list + ") AS v (" + columns + ") WHERE locked.n > 0"
}
