package faults_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// database is where a shop has its orders and its outbox: a database of its own. It can be
// handed to another process.
type database struct {
	Dialect sqlevents.Dialect
	URL     string
}

var drivers = map[sqlevents.Dialect]string{sqlevents.SQLite: "sqlite", sqlevents.PostgreSQL: "pgx", sqlevents.MariaDB: "mysql"}

func (d database) open() (*sql.DB, error) {
	db, err := sql.Open(drivers[d.Dialect], d.URL)
	if err == nil {
		db.SetMaxOpenConns(6)
		db.SetMaxIdleConns(6)
	}
	return db, err
}

// outbox opens an outbox whose instances take over soon.
func (d database) outbox(db *sql.DB, inner transport.Transport) (*sqlevents.Transport, error) {
	return sqlevents.New(db, d.Dialect, inner, sqlevents.Lease(lease), discard, sqlevents.MaxAttempts(1000))
}

const lease = 2 * time.Second

// text writes the parameters of a statement as the database does: two at most.
func (d database) text(text string) string {
	if d.Dialect == sqlevents.PostgreSQL {
		text = strings.Replace(text, "?", "$1", 1)
	}
	return text
}

func (d database) serializable() *sql.TxOptions {
	if d.Dialect == sqlevents.SQLite {
		return nil
	}
	return &sql.TxOptions{Isolation: sql.LevelSerializable}
}

// sharedServers are those on which databases of a test's own are made, and deleted.
var sharedServers = map[sqlevents.Dialect]testserver.Server{sqlevents.PostgreSQL: testserver.PostgreSQL, sqlevents.MariaDB: testserver.MariaDB}

// newDatabase makes a database of the test's own, on the shared server, and deletes it at the
// end.
func newDatabase(t *testing.T, kind sqlevents.Dialect) database {
	t.Helper()
	if server, ok := sharedServers[kind]; ok {
		server.Need(t)
		return onServer(t, kind, server.Address)
	}
	d := database{kind, "file:" + filepath.Join(t.TempDir(), "shop.db") + "?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)"}
	d.prepare(t)
	return d
}

func onServer(t *testing.T, kind sqlevents.Dialect, address string) database {
	t.Helper()
	name := "faults" + strings.ToLower(rand.Text()[:12])
	admin, err := database{kind, serverURL(kind, address, "")}.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		force := ""
		if kind == sqlevents.PostgreSQL {
			force = " WITH (FORCE)"
		}
		if _, err := admin.Exec("DROP DATABASE IF EXISTS " + name + force); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	d := database{kind, serverURL(kind, address, name)}
	d.prepare(t)
	return d
}

// serverURL is that of a database on a server. Statements that are not answered fail.
func serverURL(kind sqlevents.Dialect, address, name string) string {
	if kind == sqlevents.PostgreSQL {
		if name == "" {
			name = "postgres"
		}
		return "postgres://postgres@" + address + "/" + name + "?connect_timeout=5"
	}
	return "root@tcp(" + address + ")/" + name + "?timeout=5s&readTimeout=60s&writeTimeout=5s"
}

// through is the database as it is reached by a proxy to its shared server.
func (d database) through(p *proxy) database {
	d.URL = strings.Replace(d.URL, p.target, p.listener.Addr().String(), 1)
	return d
}

// prepare makes the tables of the outbox and of the shop.
func (d database) prepare(t *testing.T) {
	t.Helper()
	db, err := d.open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sqlevents.Migrate(t.Context(), db, d.Dialect); err != nil {
		t.Fatal(err)
	}
	statements := []string{
		"CREATE TABLE orders (id varchar(100) PRIMARY KEY)",
		"CREATE TABLE mailed (id varchar(100) NOT NULL)",
		"CREATE TABLE counted (id varchar(100) NOT NULL)",
		"CREATE TABLE counters (k integer PRIMARY KEY, n integer NOT NULL)",
	}
	for k := range mostKeys {
		statements = append(statements, fmt.Sprintf("INSERT INTO counters (k, n) VALUES (%d, 0)", k))
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range statements {
		if _, err := tx.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// mostKeys is how many order keys a shop can have.
const mostKeys = 200

// ids returns how often each ID is in a table.
func ids(ctx context.Context, db *sql.DB, table string) (map[string]int, error) {
	rows, err := db.QueryContext(ctx, "SELECT id, count(*) FROM "+table+" GROUP BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		found[id] = n
	}
	return found, rows.Err()
}
