// Package demo fills the database with something to look at. The application decides
// whether it does.
package demo

import (
	"context"
	"fmt"
	"io"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/hooks/internal/db"
	"github.com/rollcall-go/rollcall/examples/hooks/internal/hooks"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module contributes the users of the demonstration.
var Module = fx.Module("demo", fxevents.Contribute[hooks.Hook](NewUsers))

// Users writes two users.
type Users struct {
	db  *db.Database
	out io.Writer
}

// NewUsers returns the users of the demonstration.
func NewUsers(d *db.Database, out io.Writer) *Users { return &Users{d, out} }

// Start writes them.
func (u *Users) Start(ctx context.Context) error {
	fmt.Fprintln(u.out, "start demo.Users")
	_, err := u.db.ExecContext(ctx, `INSERT OR REPLACE INTO users (id, name) VALUES (1, 'ann'), (2, 'bob')`)
	return err
}

// Stop leaves them.
func (u *Users) Stop(context.Context) error {
	fmt.Fprintln(u.out, "stop demo.Users")
	return nil
}
