package sqlevents_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

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

// server is a database server that tests need.
type server struct {
	dialect                     sqlevents.Dialect
	driver, address, url, start string
}

var servers = []server{
	{sqlevents.SQLite, "sqlite", "", "", ""},
	{sqlevents.PostgreSQL, "pgx", "127.0.0.1:5432", "postgres://postgres@127.0.0.1:5432/test", "apt-get install postgresql"},
	{sqlevents.MariaDB, "mysql", "127.0.0.1:3306", "root@tcp(127.0.0.1:3306)/test", "apt-get install mariadb-server"},
}

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
	other := x.server.open(t)
	other.migrate(t)
	return other
}

// onEach runs a test on each database, with tables of its own.
func onEach(t *testing.T, test func(t *testing.T, x space)) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.dialect.String(), func(t *testing.T) {
			t.Parallel()
			x := s.open(t)
			x.migrate(t)
			test(t, x)
		})
	}
}

// open opens a database without tables, or skips.
func (s server) open(t testing.TB) space {
	t.Helper()
	x := space{dialect: s.dialect, prefix: "t" + strings.ToLower(rand.Text()[:12]) + "_"}
	url := s.url
	x.server = s
	if s.address == "" { // no test cuts the power, so none needs synchronous=FULL
		url = "file:" + filepath.Join(t.TempDir(), "test.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)"
	} else if conn, err := net.DialTimeout("tcp", s.address, time.Second); err == nil {
		_ = conn.Close()
	} else if missing := fmt.Sprintf("no %v at %s (%s)", s.dialect, s.address, s.start); os.Getenv("ROLLCALL_REQUIRE_BROKERS") == "1" {
		t.Fatal(missing)
	} else {
		t.Skip(missing)
	}
	x.url = url
	var err error
	if x.db, err = sql.Open(s.driver, url); err != nil {
		t.Fatal(err)
	}
	x.db.SetMaxOpenConns(6) // the servers are shared
	x.db.SetMaxIdleConns(6)
	t.Cleanup(func() { x.drop(); _ = x.db.Close() })
	return x
}

func (x space) drop() {
	for _, name := range []string{"outbox", "dead", "published", "leases", "members", "handled", "schema", "slots", "application"} {
		_, _ = x.db.Exec("DROP TABLE IF EXISTS " + x.prefix + name)
	}
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
