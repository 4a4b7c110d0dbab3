package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// server has dead letters.
type server struct {
	transport.DeadLetters
	transport.BacklogReporter
	Receivers func(context.Context) ([]transport.Subscription, error)
	counts    counts
	isOutbox  bool // whether only what is stuck has receivers
	close     func()
}

// counts says what a server counts in a backlog, beside what waits and what is dead.
type counts struct{ inFlight, retrying, oldest bool }

// connectTimeout limits how long the command waits for a server.
const connectTimeout = 10 * time.Second

// open connects to the server of a request. The context is that of all calls to the
// server. fail ends it with an error. warn prints what the server's client logs later.
func open(ctx context.Context, r request, fail func(error), warn func(string)) (*server, error) {
	log := &clientLog{fail: fail, warn: warn}
	limited, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	defer log.connected.Store(true)
	switch {
	case r.address.is(natsSchemes):
		return openNATS(limited, r, log.to("NATS"))
	case r.address.is(amqpSchemes):
		return openAMQP(limited, r, log.to("RabbitMQ"))
	}
	return openDatabase(limited, r)
}

// clientLog is what a client logs while it connects in the background. The clients try
// again for ever. This command reports the first failure and ends.
type clientLog struct {
	slog.Handler
	server    string // "NATS" or "RabbitMQ"
	connected atomic.Bool
	fail      func(error)
	warn      func(string)
}

// to returns a logger for the client of a server.
func (l *clientLog) to(server string) *slog.Logger {
	l.server, l.Handler = server, slog.DiscardHandler
	return slog.New(l)
}

// Enabled reports whether a record is a warning or an error.
func (l *clientLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle ends the command if the client can't connect. It prints other records.
func (l *clientLog) Handle(_ context.Context, r slog.Record) error {
	var address, reason string
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "address", "broker":
			address = a.Value.String()
		case "reason":
			reason = a.Value.String()
		}
		return true
	})
	switch {
	case l.connected.Load() && reason != "":
		l.warn(r.Message + ": " + reason)
	case l.connected.Load():
		l.warn(r.Message)
	case address != "":
		l.fail(errConnecting(l.server, address, reason))
	}
	return nil
}

func errConnecting(server, address, reason string) error {
	return fmt.Errorf("connecting to %s at %s: %s", server, address, reason)
}
