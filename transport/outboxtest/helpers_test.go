package outboxtest

import (
	"crypto/rand"
	"database/sql"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

const postgres = "127.0.0.1:5432"

// space is tables in a database that nobody else uses.
type space struct {
	db      *sql.DB
	dialect sqlevents.Dialect
	prefix  string
}

func inSQLite(t testing.TB) space {
	t.Helper()
	return open(t, sqlevents.SQLite, "sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
}

// inPostgreSQL skips if there is no server.
func inPostgreSQL(t testing.TB) space {
	t.Helper()
	conn, err := net.DialTimeout("tcp", postgres, time.Second)
	if err != nil {
		missing := "no PostgreSQL at " + postgres + " (apt-get install postgresql)"
		if os.Getenv("ROLLCALL_REQUIRE_BROKERS") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	_ = conn.Close()
	return open(t, sqlevents.PostgreSQL, "pgx", "postgres://postgres@"+postgres+"/test")
}

func open(t testing.TB, d sqlevents.Dialect, driver, url string) space {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(4) // the server is shared
	x := space{db, d, "o" + strings.ToLower(rand.Text()[:12]) + "_"}
	t.Cleanup(func() {
		for _, name := range []string{"outbox", "dead", "published", "leases", "members", "schema", "handled", "application"} {
			_, _ = db.Exec("DROP TABLE IF EXISTS " + x.prefix + name)
		}
		_ = db.Close()
	})
	if err := sqlevents.Migrate(t.Context(), db, d, sqlevents.Prefix(x.prefix)); err != nil {
		t.Fatal(err)
	}
	return x
}

// overNATS opens an outbox over an embedded server. The caller closes it.
func (x space) overNATS(directory string, options ...sqlevents.Option) (*sqlevents.Transport, error) {
	broker, err := natsevents.Embedded(directory, natsevents.AckWait(2*time.Second), natsevents.SyncEvery(time.Second))
	if err != nil {
		return nil, err
	}
	options = append(options, sqlevents.Prefix(x.prefix), sqlevents.Logger(slog.New(slog.DiscardHandler)))
	return sqlevents.New(x.db, x.dialect, broker, options...)
}
