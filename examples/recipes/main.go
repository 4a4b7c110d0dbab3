// Command recipes is an HTTP service whose modules listen to each other's
// events in one explained order.
//
//	go run ./examples/recipes                        # posts the recipes of a file to itself and stops
//	go run ./examples/recipes -serve 127.0.0.1:8080  # stays up
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/access"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/audit"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/auth"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/background"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/journal"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/limits"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/notify"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/recipes"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/search"
	"github.com/rollcall-go/rollcall/examples/recipes/internal/web"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/monitor"
)

//go:embed services.yaml recipes.jsonl
var files embed.FS

func main() {
	serve := flag.String("serve", "", "stay up and serve at this `address`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *serve, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// parts has the values that main takes from the application.
type parts struct {
	fx.In

	Report   *inspect.Report
	Journal  *journal.Journal
	Store    *recipes.Store
	Listener net.Listener
}

// application returns the options of the whole program. Only main's own options are
// missing.
func application(serve string, out io.Writer) fx.Option {
	tracer := &monitor.Tracer{Render: recipes.Title}
	return fx.Options(
		fxevents.Module(
			fxevents.OrderFile(files, "services.yaml"),
			fxevents.Policy(rollcall.Observe(tracer)),
		),
		fx.Decorate(background.Buffer),
		recipes.Module, search.Module, notify.Module, audit.Module, background.Module,
		access.Module, auth.Module, web.Module, limits.Module,
		fx.Supply(tracer),
		fx.Provide(
			journal.New,
			func() io.Writer { return out },
			func() (net.Listener, error) { return net.Listen("tcp", address(serve)) },
		),
		fx.Invoke(serveHTTP),
	)
}

func run(ctx context.Context, serve string, out io.Writer) error {
	var p parts
	app := fx.New(fx.NopLogger, application(serve, out), fx.Invoke(func(in parts) { p = in }))
	if err := app.Start(ctx); err != nil {
		return err
	}
	err := errors.Join(printOrder(out, p.Report), work(ctx, serve, out, p))
	stopCtx, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
	defer cancel()
	if err := errors.Join(err, app.Stop(stopCtx)); err != nil {
		return err
	}
	if serve == "" {
		printJournal(out, p)
	}
	fmt.Fprintln(out, "Stopped.")
	return nil
}

// address returns the address to serve at, by default a free port of this machine.
func address(serve string) string {
	if serve == "" {
		return "127.0.0.1:0"
	}
	return serve
}

func work(ctx context.Context, serve string, out io.Writer, p parts) error {
	url := "http://" + p.Listener.Addr().String()
	if serve == "" {
		return postAll(ctx, out, url)
	}
	fmt.Fprintf(out, "Serving at %s: POST /recipes, GET /recipes/{id}, and /debug/events/ for a browser. Ctrl-C stops.\n", url)
	<-ctx.Done()
	return nil
}

// serveHTTP answers requests from start to stop. Slow listeners run after each reply. In
// a real application, put the pages about events behind a login.
func serveHTTP(lc fx.Lifecycle, l net.Listener, h *recipes.Handler, f *background.Flusher, chain []web.Middleware, r *inspect.Report, t *monitor.Tracer) {
	mux := http.NewServeMux()
	h.Mount(mux)
	mux.Handle("/debug/events/", monitor.Handler(r, t))
	server := &http.Server{Handler: f.Handler(web.Wrap(mux, chain)), ReadHeaderTimeout: 5 * time.Second}
	lc.Append(fx.Hook{
		OnStart: func(context.Context) error {
			go func() { _ = server.Serve(l) }() // returns when stopped
			return nil
		},
		OnStop: server.Shutdown,
	})
}

func printOrder(out io.Writer, r *inspect.Report) error {
	fmt.Fprintln(out, "The order of each event, and why:")
	return r.Write(out, inspect.Text)
}
