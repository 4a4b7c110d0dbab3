// Package orders has the orders of the users.
package orders

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/hooks/internal/db"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module contributes the table of orders, which refers to that of users, and an index for
// all tables.
var Module = fx.Module("orders",
	fxevents.Contribute[db.Migration](NewIndex, `after:"@tables"`),
	fxevents.Contribute[db.Migration](NewTable, `after:"users.Table" labels:"tables"`),
)

// NewTable returns the migration that makes the table.
func NewTable(out io.Writer) db.Migration {
	return func(ctx context.Context, tx *sql.Tx) error {
		fmt.Fprintln(out, "  migrate orders.Table")
		if _, err := tx.ExecContext(ctx, `SELECT count(*) FROM users`); err != nil {
			return err // the table that this one refers to is not there
		}
		_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES users)`)
		return err
	}
}

// NewIndex returns the migration that makes the orders of a user fast to find.
func NewIndex(out io.Writer) db.Migration {
	return func(ctx context.Context, tx *sql.Tx) error {
		fmt.Fprintln(out, "  migrate orders.Index")
		_, err := tx.ExecContext(ctx, `CREATE INDEX IF NOT EXISTS orders_by_user ON orders (user)`)
		return err
	}
}
