package sqlevents_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if given := flag.Lookup("test.parallel"); given.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		_ = given.Value.Set("8") // most of them wait for the database
	}
	goleak.VerifyTestMain(m)
}

// server is a kind of database.
type server struct {
	dialect sqlevents.Dialect
	driver  string
	url     func(testing.TB) string // skips if there is no server
}

var (
	sqlite = server{sqlevents.SQLite, "sqlite", func(t testing.TB) string { // no test cuts the power, so none needs synchronous=FULL
		return "file:" + filepath.Join(t.TempDir(), "test.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)"
	}}
	postgres = server{sqlevents.PostgreSQL, "pgx", func(t testing.TB) string {
		testserver.PostgreSQL.Need(t)
		return "postgres://postgres@" + testserver.PostgreSQL.Address + "/test"
	}}
	mariadb = server{sqlevents.MariaDB, "mysql", func(t testing.TB) string {
		testserver.MariaDB.Need(t)
		return "root@tcp(" + testserver.MariaDB.Address + ")/test"
	}}
	servers = []server{sqlite, postgres, mariadb}
)

// space is tables in a database that nobody else uses.
type space struct {
	db      *sql.DB
	dialect sqlevents.Dialect
	prefix  string
	server  server
	url     string
}

// apart returns other tables in a database of the same kind.
func (x space) apart(t *testing.T) space {
	t.Helper()
	return x.server.tables(t)
}

// onEach runs a test on each database, with tables of its own.
func onEach(t *testing.T, test func(t *testing.T, x space)) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.dialect.String(), func(t *testing.T) {
			t.Parallel()
			test(t, s.tables(t))
		})
	}
}

// tables opens a database with the tables of an outbox and of an application, or skips.
func (s server) tables(t testing.TB) space {
	t.Helper()
	x := s.open(t)
	x.migrate(t)
	return x
}

// open opens a database without tables, or skips.
func (s server) open(t testing.TB) space {
	t.Helper()
	url := s.url(t)
	db, err := sql.Open(s.driver, url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(6) // the servers are shared
	db.SetMaxIdleConns(6)
	x := space{db, s.dialect, "t" + strings.ToLower(rand.Text()[:12]) + "_", s, url}
	t.Cleanup(func() { testserver.DropTables(db, x.prefix); _ = db.Close() })
	return x
}

func (x space) migrate(t testing.TB) {
	t.Helper()
	if err := sqlevents.Migrate(t.Context(), x.db, x.dialect, sqlevents.Prefix(x.prefix)); err != nil {
		t.Fatal(err)
	}
	x.exec(t, "CREATE TABLE "+x.prefix+"application (name varchar(100) PRIMARY KEY)")
}

func (x space) exec(t testing.TB, text string, args ...any) {
	t.Helper()
	if _, err := x.db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

// number returns the single number of a query.
func (x space) number(t *testing.T, text string) (n int) {
	t.Helper()
	if err := x.db.QueryRowContext(t.Context(), text).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (x space) rows(t *testing.T) int { return x.number(t, "SELECT count(*) FROM "+x.prefix+"outbox") }

// outbox opens an outbox around another transport.
func (x space) outbox(t testing.TB, inner transport.Transport, options ...sqlevents.Option) *sqlevents.Transport {
	t.Helper()
	options = append([]sqlevents.Option{sqlevents.Prefix(x.prefix), sqlevents.Logger(slog.New(slog.NewTextHandler(logWriter{t}, nil)))}, options...)
	o, err := sqlevents.New(x.db, x.dialect, inner, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

type logWriter struct{ t testing.TB }

func (w logWriter) Write(text []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(text)))
	return len(text), nil
}

func message(id, event string) transport.Message {
	return transport.Message{ID: id, Event: event, ContentType: "text/plain", Body: []byte(id)}
}

func keyed(id, event, key string) transport.Message {
	m := message(id, event)
	m.Headers = map[string]string{"ce-partitionkey": key}
	return m
}

func flush(t *testing.T, o *sqlevents.Transport) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := o.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

var errTest = errors.New("not today")
