package sqlevents

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// version is that of the tables. Migrate creates this version, and New needs it.
const version = 1

// partitions is how many partitions the rows are spread over. It is part of the tables.
const partitions = 64

// slots is how many rows MariaDB has to lock instead of order keys.
const slots = 1024

// table returns the name of a table in SQL text. Prefix and schema were checked.
func (s settings) table(name string) string {
	if s.schema == "" {
		return s.dialect.quoted(s.prefix + name)
	}
	return s.dialect.quoted(s.schema) + "." + s.dialect.quoted(s.prefix+name)
}

// Schema returns the SQL that [Migrate] runs in an empty database, as statements that end
// with a semicolon and a newline. Copy it into your own migrations if you have some. The
// error reports an unknown dialect or an invalid option.
func Schema(d Dialect, options ...Option) (string, error) {
	s, err := newSettings(d, options)
	if err != nil {
		return "", err
	}
	return strings.Join(s.statements(), ";\n") + ";\n", nil
}

// types are the column types of a database.
type types struct {
	id, small, integer, text, bytes string
	waitingKey                      string // a column of the outbox, after a comma
	end                             string
}

func (d Dialect) types() types {
	switch d {
	case PostgreSQL:
		return types{"bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "smallint", "bigint", "text", "bytea", "", ""}
	case MariaDB: // nopad: "a" and "a " are different keys
		return types{"bigint AUTO_INCREMENT PRIMARY KEY", "smallint", "bigint", "longtext", "longblob",
			",\n  waiting_key bigint AS (CASE WHEN next_attempt > 0 AND order_key <> '' THEN crc32(order_key) END) VIRTUAL",
			" ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"}
	}
	// Without AUTOINCREMENT, IDs of deleted rows would be reused.
	return types{"INTEGER PRIMARY KEY AUTOINCREMENT", "integer", "integer", "text", "blob", "", ""}
}

// name returns the column type of a primary key that holds a name of some length.
func (d Dialect) name(length int) string {
	if d == MariaDB {
		return fmt.Sprintf("varchar(%d)", length)
	}
	return "text"
}

// memberLength is the length of a member's name.
const memberLength = 64

// statements returns the statements that create the tables.
func (s settings) statements() []string {
	t := s.dialect.types()
	message := fmt.Sprintf(`  part %s NOT NULL,
  message_id %[3]s NOT NULL,
  event %[3]s NOT NULL,
  receiver_key %[3]s NOT NULL,
  order_key %[3]s NOT NULL,
  content_type %[3]s NOT NULL,
  source %[3]s NOT NULL,
  headers %[3]s NOT NULL,
  body %[4]s NOT NULL,
  created %[2]s NOT NULL DEFAULT (%[5]s),
  attempts %[2]s NOT NULL DEFAULT 0,
`, t.small, t.integer, t.text, t.bytes, s.dialect.now())
	list := []string{
		"CREATE TABLE " + s.table("outbox") + " (\n  id " + t.id + ",\n" + message +
			"  next_attempt " + t.integer + " NOT NULL DEFAULT 0,\n  last_error " + t.text + t.waitingKey + "\n)" + t.end}
	list = append(append(list, s.indexes()...),
		"CREATE TABLE "+s.table("dead")+" (\n  id "+t.integer+" PRIMARY KEY,\n"+message+
			"  died "+t.integer+" NOT NULL,\n  reason "+t.text+" NOT NULL\n)"+t.end,
		"CREATE TABLE "+s.table("published")+" (\n  id "+t.integer+" PRIMARY KEY,\n"+message+"  published "+t.integer+" NOT NULL\n)"+t.end,
		"CREATE INDEX "+s.dialect.quoted(s.prefix+"published_at")+" ON "+s.table("published")+" (published)",
		"CREATE TABLE "+s.table("leases")+" (\n  part "+t.small+" PRIMARY KEY,\n  owner "+s.dialect.name(memberLength)+
			" NOT NULL,\n  token "+t.integer+" NOT NULL,\n  until "+t.integer+" NOT NULL\n)"+t.end,
		"CREATE TABLE "+s.table("members")+" (\n  member "+s.dialect.name(memberLength)+" PRIMARY KEY,\n  until "+t.integer+" NOT NULL\n)"+t.end,
		"CREATE TABLE "+s.table("handled")+" (\n  id "+s.dialect.name(handledLength)+" PRIMARY KEY,\n  at "+t.integer+" NOT NULL DEFAULT ("+s.dialect.now()+")\n)"+t.end,
		"CREATE INDEX "+s.dialect.quoted(s.prefix+"handled_at")+" ON "+s.table("handled")+" (at)",
		"CREATE TABLE "+s.table("schema")+" (\n  version "+t.integer+" NOT NULL\n)"+t.end,
		"INSERT INTO "+s.table("leases")+" (part, owner, token, until) VALUES "+numbered(partitions, "(%d, '', 0, 0)"))
	if s.dialect == MariaDB {
		list = append(list,
			"CREATE TABLE "+s.table("slots")+" (\n  slot smallint PRIMARY KEY\n)"+t.end,
			"INSERT INTO "+s.table("slots")+" (slot) VALUES "+numbered(slots, "(%d)"))
	}
	return append(list, fmt.Sprintf("INSERT INTO %s (version) VALUES (%d)", s.table("schema"), version))
}

// indexes returns the statements that create the indexes of the outbox. One finds rows that
// may be published, by ID. One finds those that wait, by their time. The last one finds
// those that wait and hold back their order key. Rows that never wait are not in the last
// two on PostgreSQL, and have equal entries in the last one on MariaDB. PostgreSQL limits
// the length of values in other indexes than hash.
func (s settings) indexes() []string {
	create := func(name, columns string) string {
		return "CREATE INDEX " + s.dialect.quoted(s.prefix+"outbox_"+name) + " ON " + s.table("outbox") + " " + columns
	}
	switch s.dialect {
	case PostgreSQL:
		return []string{create("part", "(part, id) WHERE next_attempt = 0"), create("due", "(part, next_attempt) WHERE next_attempt > 0"),
			create("waiting", "USING hash (order_key) WHERE next_attempt > 0 AND order_key <> ''")}
	case MariaDB:
		return []string{create("part", "(part, next_attempt, id)"), create("waiting", "(waiting_key)")}
	}
	return []string{create("due", "(next_attempt, id)"), create("waiting", "(order_key) WHERE next_attempt > 0 AND order_key <> ''")}
}

// numbered returns the rows 0 to n-1.
func numbered(n int, format string) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(rows, ", ")
}

// Migrate creates the tables, or returns nil if they are there. Several instances may call
// it at the same time. The error is a [*SchemaError] if the tables are of another version,
// the database's or the context's. On MariaDB, where CREATE TABLE can't be rolled back, an
// interrupted Migrate leaves some of the tables: drop them and call it again.
func Migrate(ctx context.Context, db *sql.DB, d Dialect, options ...Option) error {
	s, err := newSettings(d, options)
	if err != nil {
		return err
	}
	// While connections switch a new file of SQLite to WAL, others get no lock at once.
	err = retried(ctx, isBusy, func() error { return s.migrate(ctx, db) })
	return annotated(err, "creating the outbox's tables")
}

func (s settings) migrate(ctx context.Context, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return s.alone(ctx, conn, func(x execer) error { return s.create(ctx, x) })
}

// execer is what statements run on.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// create creates the tables unless they are there.
func (s settings) create(ctx context.Context, x execer) error {
	found, err := s.foundVersion(ctx, x)
	switch {
	case err != nil:
		return err
	case found == version:
		return nil
	case found != 0:
		return s.schemaError(found)
	}
	for _, text := range s.statements() {
		if _, err := x.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// alone calls f while no other instance is in alone, in a transaction if the database can
// roll back what f does.
func (s settings) alone(ctx context.Context, conn *sql.Conn, f func(execer) error) error {
	name := s.prefix + "migrate"
	switch s.dialect {
	case MariaDB:
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, "SELECT get_lock(?, 60)", name).Scan(&got); err != nil {
			return err
		}
		if got.Int64 != 1 {
			return fmt.Errorf("another instance has held the lock %s for a minute", name)
		}
		defer func() {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "DO release_lock(?)", name)
		}()
		return f(conn)
	case SQLite:
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		end := "COMMIT"
		err := f(conn)
		if err != nil {
			end = "ROLLBACK"
		}
		if _, ending := conn.ExecContext(context.WithoutCancel(ctx), end); err == nil {
			err = ending
		}
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", s.lockNumber("\x00migrate")); err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// foundVersion returns the version of the tables, or 0 if there are none.
func (s settings) foundVersion(ctx context.Context, x execer) (found int, err error) {
	query, args := "", []any{s.prefix + "schema"}
	switch s.dialect {
	case PostgreSQL:
		query, args = "SELECT count(*) FROM pg_class WHERE oid = to_regclass($1)", []any{s.table("schema")}
	case MariaDB:
		query = "SELECT count(*) FROM information_schema.tables WHERE table_name = ? AND table_schema = coalesce(nullif(?, ''), database())"
		args = append(args, s.schema)
	case SQLite:
		query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
	}
	var tables int
	if err := x.QueryRowContext(ctx, query, args...).Scan(&tables); err != nil || tables == 0 {
		return 0, err
	}
	err = x.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM "+s.table("schema")).Scan(&found)
	return found, err
}

// checkVersion returns a *SchemaError if the tables are missing or of another version.
func (s settings) checkVersion(ctx context.Context, x execer) error {
	found, err := s.foundVersion(ctx, x)
	if err == nil && found != version {
		err = s.schemaError(found)
	}
	return err
}

func (s settings) schemaError(found int) error {
	name := s.prefix + "schema"
	if s.schema != "" {
		name = s.schema + "." + name
	}
	return &SchemaError{Table: name, Found: found, Want: version}
}
