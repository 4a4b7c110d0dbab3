package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/examples/hooks/internal/db"
	"github.com/rollcall-go/rollcall/fxevents"
)

const started = `
start db.Database
  migrate users.Table
  migrate orders.Table
  migrate orders.Index
start demo.Users
start cache.Users with 2
stop cache.Users
stop demo.Users
stop db.Database
`

func ran(t *testing.T, path string, options ...fxevents.Option) string {
	t.Helper()
	var out strings.Builder
	if err := run(t.Context(), db.Path(path), &out, options...); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return out.String()[strings.Index(out.String(), "\n\n")+1:]
}

// Migrations run in order, hooks start in order and stop in reverse, in a new database and
// in one that is up to date.
func TestOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.sqlite")
	for range 2 {
		if got := ran(t, path); got != started {
			t.Errorf("got %s\nwant %s", got, started)
		}
	}
}

// The application may do without a part.
func TestOff(t *testing.T) {
	got := ran(t, filepath.Join(t.TempDir(), "shop.sqlite"), fxevents.Off("app.hooks", "demo.Users"))
	want := strings.NewReplacer("start demo.Users\n", "", "stop demo.Users\n", "", "with 2", "with 0").Replace(started)
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// A migration that comes too early fails, and nothing is left of those before it.
func TestWrongOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.sqlite")
	var out strings.Builder
	err := run(t.Context(), db.Path(path), &out, fxevents.Off("db.migrations", "users.Table"))
	if err == nil || !strings.Contains(err.Error(), "no such table: users") {
		t.Errorf("got %v", err)
	}
}
