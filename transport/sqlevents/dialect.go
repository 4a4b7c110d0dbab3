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
	// SQLite is tested with the driver modernc.org/sqlite.
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
