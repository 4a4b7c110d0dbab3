// Command hooks starts the parts of a program in one explained order, with the migrations
// of its database, and stops them in reverse.
//
//	go run ./examples/hooks                   # in memory
//	go run ./examples/hooks -db shop.sqlite   # keeps the database
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"os"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/hooks/internal/cache"
	"github.com/rollcall-go/rollcall/examples/hooks/internal/db"
	"github.com/rollcall-go/rollcall/examples/hooks/internal/demo"
	"github.com/rollcall-go/rollcall/examples/hooks/internal/hooks"
	"github.com/rollcall-go/rollcall/examples/hooks/internal/orders"
	"github.com/rollcall-go/rollcall/examples/hooks/internal/users"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
)

//go:embed order.yaml
var files embed.FS

func main() {
	path := flag.String("db", "file::memory:?cache=shared", "the database")
	flag.Parse()
	if err := run(context.Background(), db.Path(*path), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func application(path db.Path, out io.Writer, options ...fxevents.Option) fx.Option {
	return fx.Options(
		fx.NopLogger,
		fxevents.Module(append(options, fxevents.OrderFile(files, "order.yaml"))...),
		hooks.Module, cache.Module, demo.Module, orders.Module, users.Module, db.Module,
		fx.Supply(path),
		fx.Provide(func() io.Writer { return out }),
	)
}

// run starts the program, stops it, and says in which order.
func run(ctx context.Context, path db.Path, out io.Writer, options ...fxevents.Option) error {
	var report *inspect.Report
	app := fx.New(application(path, out, options...), fx.Populate(&report))
	if err := app.Err(); err != nil {
		return err
	}
	if err := report.Write(out, inspect.Text); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := app.Start(ctx); err != nil {
		return err
	}
	return app.Stop(ctx)
}
