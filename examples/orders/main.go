// Command orders takes orders over HTTP. An order, the stock and the event are written in
// one transaction of a database. Receipts and statistics follow asynchronously, each exactly
// once, also if processes are killed.
//
// In one process, with an SQLite file and an embedded broker that stores events in a
// directory:
//
//	go run ./examples/orders web
//
// In several processes, with a database and a broker:
//
//	go run ./examples/orders web -db postgres://postgres@127.0.0.1/test -broker nats://127.0.0.1:4222
//	go run ./examples/orders worker -db postgres://postgres@127.0.0.1/test -broker nats://127.0.0.1:4222
//
// The database may also be MariaDB, with a URL such as mysql://root@127.0.0.1:3306/test. The
// broker may also be RabbitMQ, with a URL such as amqp://guest:guest@127.0.0.1:5672/. The
// arguments of a worker are the keys that it receives: mail, stats, or both if there are no
// arguments. Run as many webs and workers as you like.
//
//	curl -d '{"customer":"ann@example.org","item":"tea"}' http://127.0.0.1:8080/orders
//
// The URLs may also be in the variables ORDERS_DB and ORDERS_BROKER, so that their passwords
// do not appear in a list of processes. See the systemd units in this folder.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.uber.org/fx"
)

// config holds the values from the command line.
type config struct {
	command string
	address string
	broker  string
	prefix  string
	ackWait time.Duration
	events  string
	db      string
	keys    []string
}

func main() {
	c, err := parse(os.Args[1:], os.Getenv, os.Stderr)
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		err = run(ctx, c, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1)
	}
}

func parse(args []string, getenv func(string) string, out io.Writer) (config, error) {
	if len(args) == 0 || args[0] != "web" && args[0] != "worker" {
		return config{}, errors.New("write one of: orders web [-http ADDRESS] [-db URL] [-broker URL], orders worker [-db URL] -broker URL [KEY...]")
	}
	c := config{command: args[0]}
	flags := flag.NewFlagSet(c.command, flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&c.broker, "broker", "", "`URL` of NATS or RabbitMQ; without one, and without ORDERS_BROKER, web runs an embedded server and all listeners")
	flags.StringVar(&c.prefix, "prefix", "orders", "the `name` that sets apart what this application has at the broker")
	flags.DurationVar(&c.ackWait, "ackwait", 30*time.Second, "after what `time` another process takes over what a dead one had, by NATS or in the outbox")
	flags.StringVar(&c.db, "db", "", "`URL` of PostgreSQL or MariaDB, or the name of an SQLite file; without one, and without ORDERS_DB, orders.db")
	if c.command == "web" {
		flags.StringVar(&c.address, "http", "127.0.0.1:8080", "the `address` to serve at")
		flags.StringVar(&c.events, "events", "events", "the `directory` of the embedded server")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return config{}, err
	}
	c.broker, c.db, c.keys = cmp.Or(c.broker, getenv("ORDERS_BROKER")), cmp.Or(c.db, getenv("ORDERS_DB"), "orders.db"), flags.Args()
	switch {
	case c.command == "worker" && c.broker == "":
		return config{}, errors.New("a worker needs a -broker: an embedded server is of one process")
	case c.command == "web" && len(c.keys) > 0:
		return config{}, fmt.Errorf("web takes no arguments, but was given %q", c.keys)
	}
	return c, nil
}

// run runs the application until the context ends, or until it shuts itself
// down.
func run(ctx context.Context, c config, log *slog.Logger) error {
	options := []fx.Option{fx.NopLogger, application(c, log)}
	if c.command == "web" {
		options = append(options, fx.Invoke(serveHTTP))
	}
	app := fx.New(options...)
	startCtx, cancel := context.WithTimeout(ctx, app.StartTimeout())
	defer cancel()
	if err := app.Start(startCtx); err != nil {
		return err
	}
	log.Info("running", "command", c.command)
	select {
	case <-ctx.Done():
	case <-app.Wait():
	}
	stopCtx, cancel := context.WithTimeout(context.Background(), app.StopTimeout())
	defer cancel()
	err := app.Stop(stopCtx)
	log.Info("stopped")
	return err
}
