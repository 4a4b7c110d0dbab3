// Package users has the users.
package users

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/hooks/internal/db"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module contributes the table of users.
var Module = fx.Module("users", fxevents.Contribute[db.Migration](NewTable, `labels:"tables"`))

// NewTable returns the migration that makes the table.
func NewTable(out io.Writer) db.Migration {
	return func(ctx context.Context, tx *sql.Tx) error {
		fmt.Fprintln(out, "  migrate users.Table")
		_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)`)
		return err
	}
}
