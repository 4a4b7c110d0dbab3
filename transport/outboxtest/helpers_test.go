package outboxtest

import (
	"crypto/rand"
	"database/sql"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// silent logs nothing.
var silent = slog.New(slog.DiscardHandler)

// space is tables in a database that nobody else uses: those of an outbox, and the table
// application.
type space struct {
	db      *sql.DB
	dialect sqlevents.Dialect
	prefix  string
}

// eachDatabase runs a test on SQLite and on PostgreSQL, with tables of its own.
func eachDatabase(t *testing.T, test func(t *testing.T, x space)) {
	t.Parallel()
	for name, in := range map[string]func(testing.TB) space{"SQLite": inSQLite, "PostgreSQL": inPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, in(t))
		})
	}
}

func inSQLite(t testing.TB) space {
	t.Helper()
	return open(t, sqlevents.SQLite, "sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_pragma=busy_timeout(30000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
}

// inPostgreSQL skips if there is no server.
func inPostgreSQL(t testing.TB) space {
	t.Helper()
	testserver.PostgreSQL.Need(t)
	return open(t, sqlevents.PostgreSQL, "pgx", "postgres://postgres@"+testserver.PostgreSQL.Address+"/test")
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
		testserver.DropTables(db, x.prefix)
		_ = db.Close()
	})
	if err := sqlevents.Migrate(t.Context(), db, d, sqlevents.Prefix(x.prefix)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE " + x.prefix + "application (name varchar(100) PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	return x
}

// outbox opens an outbox around another transport. The caller closes it.
func (x space) outbox(inner transport.Transport, options ...sqlevents.Option) (*sqlevents.Transport, error) {
	return sqlevents.New(x.db, x.dialect, inner, append(options, sqlevents.Prefix(x.prefix), sqlevents.Logger(silent))...)
}

// overNATS opens an outbox over an embedded server. The caller closes it.
func (x space) overNATS(directory string) (*sqlevents.Transport, error) {
	broker, err := embeddedNATS(directory)
	if err != nil {
		return nil, err
	}
	return x.outbox(broker)
}
