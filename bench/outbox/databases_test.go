package outbox_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

const postgresURL = "postgres://postgres@127.0.0.1:5432/test"

// database is a kind of database. The one of SQLite is a file.
type database struct {
	dialect     sqlevents.Dialect
	driver, url string
	server      testserver.Server
}

var (
	postgres  = database{sqlevents.PostgreSQL, "pgx", postgresURL, testserver.PostgreSQL}
	mariadb   = database{sqlevents.MariaDB, "mysql", "root@tcp(127.0.0.1:3306)/test", testserver.MariaDB}
	sqlite    = database{dialect: sqlevents.SQLite, driver: "sqlite"}
	databases = []database{postgres, mariadb, sqlite}
)

// space is tables in a database that nobody else uses.
type space struct {
	db         *sql.DB
	dialect    sqlevents.Dialect
	prefix     string
	statements *statements // nil if they are not counted
}

// need skips if there is no server.
func (d database) need(b *testing.B) {
	b.Helper()
	if d.url != "" {
		d.server.Need(b)
	}
}

// open opens a space with so many connections.
func (d database) open(b *testing.B, connections int) space {
	b.Helper()
	url := d.url
	if url == "" {
		url = "file:" + filepath.Join(b.TempDir(), "bench.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)"
	}
	return d.openAt(b, url, connections)
}

// openAt is open with another URL.
func (d database) openAt(b *testing.B, url string, connections int) space {
	b.Helper()
	d.need(b)
	db, err := sql.Open(d.driver, url)
	check(b, err)
	return newSpace(b, db, d.dialect, connections)
}

var idColumns = map[sqlevents.Dialect]string{
	sqlevents.PostgreSQL: "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
	sqlevents.MariaDB:    "id bigint AUTO_INCREMENT PRIMARY KEY",
	sqlevents.SQLite:     "id INTEGER PRIMARY KEY",
}

// newSpace creates the tables of an outbox, and the table application (id, name).
func newSpace(b *testing.B, db *sql.DB, dialect sqlevents.Dialect, connections int) space {
	b.Helper()
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	x := space{db: db, dialect: dialect, prefix: "b" + strings.ToLower(rand.Text()[:12]) + "_"}
	b.Cleanup(func() {
		testserver.DropTables(db, x.prefix)
		_ = db.Close()
	})
	check(b, sqlevents.Migrate(b.Context(), db, dialect, sqlevents.Prefix(x.prefix)))
	x.exec(b, "CREATE TABLE "+x.prefix+"application ("+idColumns[dialect]+", name text)")
	return x
}

func (x space) exec(b *testing.B, text string) {
	b.Helper()
	_, err := x.db.ExecContext(b.Context(), text)
	check(b, err)
}

// outbox opens an outbox around another transport.
func (x space) outbox(b *testing.B, inner transport.Transport, options ...sqlevents.Option) *sqlevents.Transport {
	b.Helper()
	options = append(options, sqlevents.Prefix(x.prefix), sqlevents.Logger(slog.New(slog.DiscardHandler)))
	o, err := sqlevents.New(x.db, x.dialect, inner, options...)
	check(b, err)
	b.Cleanup(func() { check(b, o.Close()) })
	return o
}

// publisher returns an outbox whose relay has leased all partitions and does nothing, because
// the broker is away.
func (x space) publisher(b *testing.B) *sqlevents.Transport {
	b.Helper()
	o := x.outbox(b, away{}, sqlevents.Lease(time.Hour))
	x.awaitNone(b, "SELECT 1 FROM "+x.prefix+"leases WHERE owner = '' LIMIT 1")
	return o
}

// awaitNone waits until a query returns no row.
func (x space) awaitNone(b *testing.B, query string) {
	b.Helper()
	for {
		var found int
		err := x.db.QueryRowContext(b.Context(), query).Scan(&found)
		if err == sql.ErrNoRows {
			return
		}
		check(b, err)
		time.Sleep(2 * time.Millisecond)
	}
}

// marked writes the parameters of a statement, which are question marks, as the database does.
func (x space) marked(text string) string {
	for n := byte('1'); x.dialect == sqlevents.PostgreSQL && strings.Contains(text, "?"); n++ {
		text = strings.Replace(text, "?", "$"+string(n), 1)
	}
	return text
}

// away is a broker that can't be reached.
type away struct{ transport.Transport }

func (away) AwaitConnection(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
