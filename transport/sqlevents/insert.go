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
	locks := s.locks(rows)
	if s.dialect == MariaDB {
		if err := s.lockSlots(ctx, x, locks); err != nil {
			return err
		}
		locks = nil
	}
	for part := range slices.Chunk(rows, maxRows) {
		if _, err := x.ExecContext(ctx, s.insertText(len(part), len(locks)), insertArgs(part, locks)...); err != nil {
			return err
		}
		locks = nil // all are held
	}
	return nil
}

// insertOne inserts one row, which is usual.
func (s settings) insertOne(ctx context.Context, x Execer, r row) error {
	text, args := s.texts.insert, r.appendValues(make([]any, 0, len(inserted)+1))
	if r.orderKey != "" && s.dialect != SQLite { // one transaction of SQLite writes at a time
		text, args = s.texts.insertLocked, append(args, s.lock(r.orderKey))
	}
	_, err := x.ExecContext(ctx, text, args...)
	return err
}

// lockedRow is a query for one row. Its lock is taken before INSERT assigns an ID to what
// the query returns. No planner leaves out a function that is volatile and in a subquery of
// FROM. It does leave out one in a WITH that nobody refers to, and in VALUES the lock may
// be taken after the ID.
func (s settings) lockedRow() string {
	if s.dialect == PostgreSQL {
		return "SELECT " + strings.Trim(typedMarks, "()") + " FROM (SELECT pg_advisory_xact_lock(?::bigint)) AS locked"
	}
	return "SELECT " + strings.Trim(marks(len(inserted)), "()") + " FROM " + s.table("slots") + " WHERE slot = ? FOR UPDATE"
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

func (s settings) insertInto() string {
	return "INSERT INTO " + s.table("outbox") + " (" + strings.Join(inserted, ", ") + ") "
}

// insertText returns the statement that inserts rows, after locks if there are some.
func (s settings) insertText(rows, locks int) string {
	if locks > 0 {
		return s.dialect.bound(s.insertInto() + lockedRows(rows, locks))
	}
	return s.dialect.bound(s.insertInto() + "VALUES " + repeated(rows, marks(len(inserted))))
}

// insertArgs returns the arguments of insertText.
func insertArgs(rows []row, locks []any) []any {
	args := append(make([]any, 0, len(locks)+len(rows)*len(inserted)), locks...)
	for _, r := range rows {
		args = r.appendValues(args)
	}
	return args
}

// typedMarks are the parameters of a row on PostgreSQL where nothing else says their types.
const typedMarks = "(?::smallint, ?::text, ?::text, ?::text, ?::text, ?::text, ?::text, ?::text, ?::bytea)"

// lockedRows is a query of PostgreSQL that takes all locks before it returns the first
// row. The condition refers to the count, so no planner may leave the locks out.
func lockedRows(rows, locks int) string {
	return "SELECT v.* FROM (SELECT count(pg_advisory_xact_lock(k)) AS n FROM (VALUES " + repeated(locks, "(?::bigint)") + ") AS keys (k)) AS locked, " +
		"(VALUES " + repeated(rows, typedMarks) + ") AS v (" + strings.Join(inserted, ", ") + ") WHERE locked.n > 0"
}

func repeated(n int, text string) string { return strings.Repeat(text+", ", n-1) + text }
