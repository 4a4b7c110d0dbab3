// Package db opens the database of the program and brings it up to date.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"go.uber.org/fx"
	_ "modernc.org/sqlite" // the driver

	"github.com/rollcall-go/rollcall/examples/hooks/internal/hooks"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Migration changes the tables. It must find what migrations before it have left, and run
// again without harm.
type Migration func(context.Context, *sql.Tx) error

// Module declares the list of migrations. The database starts before all that use it.
var Module = fx.Module("db",
	fxevents.Ordered[Migration]("db.migrations"),
	fx.Provide(NewDatabase),
	fxevents.Contribute[hooks.Hook](func(d *Database) *Database { return d }, `priority:"first"`),
)

// Path is the file of the database.
type Path string

// Database is open while the program runs.
type Database struct {
	*sql.DB
	out        io.Writer
	path       Path
	migrations []Migration
}

// NewDatabase returns a database that is not open yet.
func NewDatabase(path Path, migrations []Migration, out io.Writer) *Database {
	return &Database{out: out, path: path, migrations: migrations}
}

// Start opens the database and runs the migrations in one transaction.
func (d *Database) Start(ctx context.Context) error {
	db, err := sql.Open("sqlite", string(d.path))
	if err != nil {
		return fmt.Errorf("opening %s: %w", d.path, err)
	}
	d.DB = db
	fmt.Fprintln(d.out, "start db.Database")
	if err := d.migrate(ctx); err != nil {
		return fmt.Errorf("migrating %s: %w", d.path, err)
	}
	return nil
}

func (d *Database) migrate(ctx context.Context) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit, it does nothing
	for _, m := range d.migrations {
		if err := m(ctx, tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Stop closes the database.
func (d *Database) Stop(context.Context) error {
	fmt.Fprintln(d.out, "stop db.Database")
	return d.Close()
}
