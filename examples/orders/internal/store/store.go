// Package store has the application's database: SQLite, PostgreSQL or MariaDB.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver of PostgreSQL
	"go.uber.org/fx"
	_ "modernc.org/sqlite" // the driver of SQLite

	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Store is the database.
type Store struct {
	DB      *sql.DB
	Dialect sqlevents.Dialect
}

// URL says where the database is: postgres://…, mysql://…, or the name of an SQLite file.
type URL string

// Open opens the database and creates its tables. The database is closed at the end of the
// application.
func Open(lc fx.Lifecycle, u URL) (*Store, error) {
	s, err := open(string(u))
	if err != nil {
		return nil, err
	}
	if err := s.migrate(context.Background()); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the database: %w", err), s.DB.Close())
	}
	lc.Append(fx.StopHook(s.DB.Close))
	return s, nil
}

func open(u string) (*Store, error) {
	scheme, _, isURL := strings.Cut(u, "://")
	switch {
	case !isURL:
		return opened(sqlevents.SQLite, "sqlite", "file:"+u+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	case scheme == "postgres" || scheme == "postgresql":
		return opened(sqlevents.PostgreSQL, "pgx", u)
	case scheme == "mysql" || scheme == "mariadb":
		name, err := mariadbName(u)
		if err != nil {
			return nil, err
		}
		return opened(sqlevents.MariaDB, "mysql", name)
	}
	return nil, fmt.Errorf("there is no database for %s: write a URL of postgres or mysql, or the name of a file", scheme)
}

var errWrongURL = errors.New("the URL of the database is wrong")

func opened(d sqlevents.Dialect, driver, name string) (*Store, error) {
	db, err := sql.Open(driver, name)
	if err != nil {
		return nil, errWrongURL // the driver's error may quote its password
	}
	db.SetMaxOpenConns(10)
	return &Store{db, d}, nil
}

// mariadbName turns a URL into what the driver takes.
func mariadbName(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", errWrongURL // the error would quote its password
	}
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	return c.FormatDSN(), nil
}

// SQL writes the parameters of a statement, which are question marks, as the database does.
func (s *Store) SQL(text string) string {
	if s.Dialect != sqlevents.PostgreSQL {
		return text
	}
	for n := 1; strings.Contains(text, "?"); n++ {
		text = strings.Replace(text, "?", fmt.Sprint("$", n), 1)
	}
	return text
}

// Goods are what can be ordered, a million pieces of each.
var Goods = []string{"tea", "milk", "bread"}

// migrate creates the tables of the outbox and of the application. Another process may do
// so at the same moment, so what fails is tried again.
func (s *Store) migrate(ctx context.Context) error {
	if err := sqlevents.Migrate(ctx, s.DB, s.Dialect); err != nil {
		return err
	}
	for try := 1; ; try++ {
		if err := s.create(ctx); err == nil || try == 3 {
			return err
		}
	}
}

func (s *Store) create(ctx context.Context) error {
	statements := []string{
		"CREATE TABLE IF NOT EXISTS orders (id varchar(40) PRIMARY KEY, customer varchar(200) NOT NULL, item varchar(100) NOT NULL)",
		"CREATE TABLE IF NOT EXISTS stock (item varchar(100) PRIMARY KEY, pieces integer NOT NULL)",
		"CREATE TABLE IF NOT EXISTS stats (item varchar(100) PRIMARY KEY, orders integer NOT NULL)",
		"CREATE TABLE IF NOT EXISTS mails (order_id varchar(40) NOT NULL, text varchar(1000) NOT NULL)",
	}
	for _, item := range Goods {
		statements = append(statements,
			"INSERT INTO stock (item, pieces) SELECT '"+item+"', 1000000 WHERE NOT EXISTS (SELECT 1 FROM stock WHERE item = '"+item+"')",
			"INSERT INTO stats (item, orders) SELECT '"+item+"', 0 WHERE NOT EXISTS (SELECT 1 FROM stats WHERE item = '"+item+"')")
	}
	for _, text := range statements {
		if _, err := s.DB.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}
