package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/examples/orders/internal/mail"
	"github.com/rollcall-go/rollcall/examples/orders/internal/orders"
	"github.com/rollcall-go/rollcall/examples/orders/internal/stats"
	"github.com/rollcall-go/rollcall/examples/orders/internal/stock"
	"github.com/rollcall-go/rollcall/examples/orders/internal/store"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// application returns the options that web and worker share. Both know all listeners, but
// each runs only its own.
func application(c config, log *slog.Logger) fx.Option {
	tracer := &monitor.Tracer{}
	return fx.Options(
		fxevents.Module(
			fxevents.Policy(rollcall.Observe(tracer), rollcall.Observe(monitor.Log(log, 1))),
			fxevents.Logger(log),
		),
		orders.Module, stock.Module, mail.Module, stats.Module,
		fx.Supply(log, tracer, c, store.URL(c.db)),
		fx.Provide(store.Open, connect),
		fxevents.Transport(outbox),
		fxevents.Inbox((*sqlevents.Transport).Inbox),
		received(c),
	)
}

// outbox makes the transport: events are stored in the database, and published to the
// broker.
func outbox(c config, s *store.Store, b broker, log *slog.Logger) (*sqlevents.Transport, error) {
	return sqlevents.New(s.DB, s.Dialect, b.Transport, sqlevents.Lease(c.ackWait), sqlevents.Logger(log))
}

// broker is the transport that the outbox publishes to, and closes.
type broker struct{ transport.Transport }

// received returns the option for the receiver keys of this process.
func received(c config) fx.Option {
	switch {
	case c.command == "worker":
		return fx.Options(fxevents.Receive(c.keys...), fxevents.ReceivedElsewhere())
	case c.broker == "":
		return fxevents.Receive()
	}
	return fxevents.ReceivedElsewhere()
}

// connect connects to the broker, or opens an embedded server.
func connect(c config, log *slog.Logger) (b broker, err error) {
	switch scheme, _, _ := strings.Cut(c.broker, "://"); scheme {
	case "":
		b.Transport, err = natsevents.Embedded(c.events, natsevents.Prefix(c.prefix), natsevents.AckWait(c.ackWait), natsevents.Logger(log))
	case "nats", "tls":
		b.Transport, err = natsevents.Connect(c.broker, natsevents.Prefix(c.prefix), natsevents.AckWait(c.ackWait), natsevents.Logger(log))
	case "amqp", "amqps":
		b.Transport, err = amqpevents.Connect(c.broker, amqpevents.Prefix(c.prefix), amqpevents.Logger(log))
	default:
		err = fmt.Errorf("there is no broker for %s: write a URL of nats, tls, amqp or amqps", scheme)
	}
	return b, err
}

// serveHTTP answers requests from start to stop. In a real application, put the pages
// about events behind a login.
func serveHTTP(lc fx.Lifecycle, c config, h *orders.Handler, r *inspect.Report, t *monitor.Tracer, carrier transport.Transport, log *slog.Logger) {
	mux := http.NewServeMux()
	mux.Handle("POST /orders", h)
	mux.Handle("/debug/events/", monitor.Handler(r, t, monitor.Backlog(carrier)))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	lc.Append(fx.Hook{
		OnStart: func(ctx context.Context) error {
			l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.address)
			if err != nil {
				return err
			}
			log.Info("serving", "url", "http://"+l.Addr().String())
			go func() { _ = server.Serve(l) }() // returns when stopped
			return nil
		},
		OnStop: server.Shutdown,
	})
}
