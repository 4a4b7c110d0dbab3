package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

func openDatabase(ctx context.Context, r request) (*server, error) {
	db, dialect, err := database(r.address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(2)
	var options []sqlevents.Option
	if r.prefix != "" {
		options = append(options, sqlevents.Prefix(r.prefix))
	}
	l, err := sqlevents.OpenDeadLetters(ctx, db, dialect, options...)
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("connecting to %v: %w", dialect, err)
	}
	return &server{DeadLetters: l, BacklogReporter: l, Receivers: l.Receivers, isOutbox: true,
		counts: counts{retrying: true, oldest: true}, close: func() { _ = db.Close() }}, nil
}

// database opens the database of a URL, without connecting to it.
func database(a address) (*sql.DB, sqlevents.Dialect, error) {
	switch {
	case a.is(postgresSchemes):
		db, err := postgres(a.text)
		return db, sqlevents.PostgreSQL, err
	case a.is(mariaSchemes):
		db, err := maria(a.text)
		return db, sqlevents.MariaDB, err
	}
	name, err := sqliteName(a.text)
	if err != nil {
		return nil, 0, err
	}
	db, err := sql.Open("sqlite", name)
	return db, sqlevents.SQLite, err
}

func postgres(text string) (*sql.DB, error) {
	if _, err := url.Parse(text); err != nil {
		return nil, errURL
	}
	config, err := pgx.ParseConfig(text)
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil {
			err = inner // without the URL
		}
		return nil, fmt.Errorf("the URL of PostgreSQL: %w", err)
	}
	return stdlib.OpenDB(*config), nil
}

// maria opens the database of a URL such as mariadb://user:password@host:3306/shop.
func maria(text string) (*sql.DB, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errURL
	}
	port := u.Port()
	if port == "" {
		port = "3306"
	}
	config, err := mysql.ParseDSN("tcp(" + net.JoinHostPort(u.Hostname(), port) + ")/" + strings.TrimPrefix(u.EscapedPath(), "/") + "?" + u.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("the URL of MariaDB: %w", err)
	}
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.Logger = log.New(io.Discard, "", 0) // errors are returned, too
	config.Timeout = connectTimeout
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("the URL of MariaDB: %w", err)
	}
	return sql.OpenDB(connector), nil
}

// sqliteName returns the driver's name of a file, from sqlite:///FILE or file:FILE. The
// file must exist, and other processes may write to it.
func sqliteName(text string) (string, error) {
	_, rest, _ := strings.Cut(text, ":")
	if strings.HasPrefix(text, "sqlite:") {
		rest = strings.TrimPrefix(rest, "//")
	}
	file, query, _ := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	if err != nil || file == "" {
		return "", errors.New("the URL of SQLite must be like sqlite:///var/lib/shop.db")
	}
	if !values.Has("mode") {
		values.Set("mode", "rw") // not rwc, which creates it
	}
	if !strings.Contains(strings.ToLower(query), "busy_timeout") {
		values.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", connectTimeout.Milliseconds()))
	}
	return "file:" + file + "?" + values.Encode(), nil
}
