package sqlevents_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

func TestMigrateFromSeveralInstances(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		other := x.server.open(t)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := sqlevents.Migrate(t.Context(), other.db, other.dialect, sqlevents.Prefix(other.prefix)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := other.number(t, "SELECT count(*) FROM "+other.prefix+"leases"); n != 64 {
			t.Errorf("there are %d partitions", n)
		}
	})
}

func TestSchemaIsWhatMigrateRuns(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		other := x.server.open(t)
		text, err := sqlevents.Schema(other.dialect, sqlevents.Prefix(other.prefix))
		if err != nil {
			t.Fatal(err)
		}
		for statement := range strings.SplitSeq(strings.TrimSuffix(text, ";\n"), ";\n") {
			other.exec(t, statement)
		}
		other.migrate(t) // does nothing but create the application's table
		o := other.outbox(t, &transport.Local{})
		if err := o.AwaitConnection(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestInSchema(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		if x.dialect == sqlevents.SQLite {
			return
		}
		x.exec(t, "CREATE SCHEMA "+x.prefix+"in")
		end := " CASCADE"
		if x.dialect == sqlevents.MariaDB {
			end = ""
		}
		t.Cleanup(func() { _, _ = x.db.Exec("DROP SCHEMA " + x.prefix + "in" + end) })
		if err := sqlevents.Migrate(t.Context(), x.db, x.dialect, sqlevents.InSchema(x.prefix+"in")); err != nil {
			t.Fatal(err)
		}
		inner := newRecorder()
		o := x.outbox(t, inner, sqlevents.Prefix("rollcall_"), sqlevents.InSchema(x.prefix+"in"))
		publish(t, o, keyed("1", "placed", "a"), message("2", "placed"))
		flush(t, o)
		if n := len(inner.ids()); n != 2 || x.rows(t) != 0 {
			t.Errorf("got %d messages", n)
		}
	})
}

func TestTablesAreMissingOrNew(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		o := x.outbox(t, &transport.Local{}, sqlevents.Prefix("no"+x.prefix))
		checkSchemaError(t, o.AwaitConnection(t.Context()), 0, "the outbox has no tables: the table no"+x.prefix+"schema is missing or empty: call sqlevents.Migrate, or run the SQL of sqlevents.Schema")
		x.exec(t, "UPDATE "+x.prefix+"schema SET version = 2")
		want := "the tables of the outbox are of version 2 (in " + x.prefix + "schema), but this program knows version 1: update it"
		checkSchemaError(t, sqlevents.Migrate(t.Context(), x.db, x.dialect, sqlevents.Prefix(x.prefix)), 2, "creating the outbox's tables: "+want)
		checkSchemaError(t, x.outbox(t, &transport.Local{}).AwaitConnection(t.Context()), 2, want)
	})
}

func checkSchemaError(t *testing.T, err error, found int, want string) {
	t.Helper()
	var problem *sqlevents.SchemaError
	if !errors.As(err, &problem) || problem.Found != found || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDatabaseThatDoesNotAnswer(t *testing.T) {
	x := sqlite.open(t)
	_ = x.db.Close()
	o := x.outbox(t, &transport.Local{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := o.AwaitConnection(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "database is closed") {
		t.Errorf("got %v", err)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		dialect sqlevents.Dialect
		option  sqlevents.Option
		want    string
	}{
		{0, sqlevents.Prefix("a_"), "sqlevents: there is no Dialect(0): use PostgreSQL, MariaDB or SQLite"},
		{sqlevents.SQLite, sqlevents.Prefix(`a"; DROP TABLE b; --`), `sqlevents: the prefix "a\"; DROP TABLE b; --" must be lower-case letters, digits and underscores, 32 at most, and begin with no digit`},
		{sqlevents.SQLite, sqlevents.Prefix(""), `sqlevents: the prefix "" must be lower-case letters, digits and underscores, 32 at most, and begin with no digit`},
		{sqlevents.MariaDB, sqlevents.InSchema("a`b"), "sqlevents: the schema \"a`b\" must be lower-case letters, digits and underscores, 63 at most, and begin with no digit"},
		{sqlevents.SQLite, sqlevents.InSchema("a"), "sqlevents: SQLite has no schemas: leave out InSchema, and use Prefix"},
		{sqlevents.SQLite, sqlevents.Lease(time.Millisecond), "sqlevents: Lease is 1ms, and must be at least 1s"},
		{sqlevents.SQLite, sqlevents.KeepPublished(-time.Second), "sqlevents: KeepPublished is -1s, and must not be negative"},
		{sqlevents.SQLite, sqlevents.MaxAttempts(0), "sqlevents: MaxAttempts is 0, and must be at least 1"},
	} {
		if _, err := sqlevents.Schema(tt.dialect, tt.option); err == nil || err.Error() != tt.want {
			t.Errorf("Schema: got %v, want %s", err, tt.want)
		}
		if err := sqlevents.Migrate(t.Context(), nil, tt.dialect, tt.option); err == nil || err.Error() != tt.want {
			t.Errorf("Migrate: got %v, want %s", err, tt.want)
		}
		if _, err := sqlevents.New(nil, tt.dialect, nil, tt.option); err == nil || err.Error() != tt.want {
			t.Errorf("New: got %v, want %s", err, tt.want)
		}
	}
	if _, err := sqlevents.New(nil, sqlevents.SQLite, &transport.Local{}); err == nil {
		t.Error("New accepts no database")
	}
}

// Tests leave nothing in a database that they share.
func TestTestsDropAllTables(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		testserver.DropTables(x.db, x.prefix)
		list := "information_schema.tables WHERE table_name"
		if x.dialect == sqlevents.SQLite {
			list = "sqlite_master WHERE name"
		}
		if n := x.number(t, "SELECT count(*) FROM "+list+" LIKE '"+x.prefix+"%'"); n > 0 {
			t.Errorf("%d tables are left", n)
		}
	})
}

// The driver contains SQLite, so its version is known.
func TestVersionOfSQLiteIsTheDocumentedOne(t *testing.T) {
	x := servers[0].open(t)
	var version string
	if err := x.db.QueryRow("SELECT sqlite_version()").Scan(&version); err != nil {
		t.Fatal(err)
	}
	major, minor, _ := strings.Cut(version, ".")
	minor, _, _ = strings.Cut(minor, ".")
	for _, file := range []string{"dialect.go", "doc.go"} {
		text, err := os.ReadFile(file)
		if want := "SQLite is tested with version " + major + "." + minor + " and"; err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not say %q, %v", file, want, err)
		}
	}
}
