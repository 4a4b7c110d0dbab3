package sqlevents

import (
	"fmt"
	"strconv"
	"strings"
)

// Dialect is the kind of database.
type Dialect int

const (
	// PostgreSQL is tested with version 15 and the driver pgx.
	PostgreSQL Dialect = iota + 1
	// MariaDB is tested with version 10.11 and the driver go-sql-driver/mysql. MySQL is not
	// tested.
	MariaDB
	// SQLite is tested with version 3.54 and the driver modernc.org/sqlite.
	SQLite
)

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case PostgreSQL:
		return "PostgreSQL"
	case MariaDB:
		return "MariaDB"
	case SQLite:
		return "SQLite"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// now is an expression for the database's time in microseconds since 1970. The result does
// not depend on the time zone of the session.
func (d Dialect) now() string {
	switch d {
	case PostgreSQL:
		return "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
	case MariaDB:
		return "timestampdiff(MICROSECOND, '1970-01-01 00:00:00', utc_timestamp(6))"
	}
	return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
}

// statementTime is like now, but the same in the whole statement: PostgreSQL uses an index
// only for such a value. On the others, now is that, too.
func (d Dialect) statementTime() string {
	if d == PostgreSQL {
		return "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint"
	}
	return d.now()
}

// clockStep is how many microseconds now may be behind, because the clock has steps.
func (d Dialect) clockStep() int64 {
	if d == SQLite {
		return 1000
	}
	return 1
}

// integerMark is a parameter that must be marked as a number, because nothing else says its
// type.
func (d Dialect) integerMark() string {
	if d == PostgreSQL {
		return "?::bigint"
	}
	return "?"
}

// quoted returns a name that was checked before.
func (d Dialect) quoted(name string) string {
	if d == MariaDB {
		return "`" + name + "`"
	}
	return `"` + name + `"`
}

// bound writes the parameters of a statement, which are question marks, as the database does.
func (d Dialect) bound(text string) string {
	if d != PostgreSQL {
		return text
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		text = after
	}
}

// marks returns n parameters in parentheses.
func marks(n int) string { return "(" + strings.Repeat("?,", n-1) + "?)" }
