// Package cache keeps the users in memory.
package cache

import (
	"context"
	"fmt"
	"io"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/hooks/internal/db"
	"github.com/rollcall-go/rollcall/examples/hooks/internal/hooks"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module fills the cache when the program starts.
var Module = fx.Module("cache", fxevents.Contribute[hooks.Hook](NewUsers))

// Users are the names of all users.
type Users struct {
	db    *db.Database
	out   io.Writer
	names []string
}

// NewUsers returns an empty cache.
func NewUsers(d *db.Database, out io.Writer) *Users { return &Users{db: d, out: out} }

// Start reads all users.
func (u *Users) Start(ctx context.Context) error {
	rows, err := u.db.QueryContext(ctx, `SELECT name FROM users ORDER BY id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		u.names = append(u.names, name)
	}
	fmt.Fprintf(u.out, "start cache.Users with %d\n", len(u.names))
	return rows.Err()
}

// Stop forgets them.
func (u *Users) Stop(context.Context) error {
	u.names = nil
	fmt.Fprintln(u.out, "stop cache.Users")
	return nil
}
