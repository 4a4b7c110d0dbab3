package faults_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	natsgo "github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// site is where events are kept. It can be handed to another process.
type site struct {
	Kind   kind
	Place  string // a URL, or a directory
	Prefix string
}

type kind string

const (
	natsCluster  kind = "NATS cluster"
	natsEmbedded kind = "NATS embedded"
	rabbitMQ     kind = "RabbitMQ, quorum queue"
)

// opened is a transport to a site.
type opened interface {
	transport.Transport
	transport.Declarer
	Close()
}

// open connects; there may be several at a time, but of a directory.
func (s site) open() (opened, error) {
	switch s.Kind {
	case natsCluster:
		return opening(natsevents.Connect(s.Place, s.natsOptions()...))
	case natsEmbedded:
		return opening(natsevents.Embedded(s.Place, s.natsOptions()...))
	case rabbitMQ:
		return opening(amqpevents.Connect(s.Place, amqpevents.Prefix(s.Prefix)))
	}
	return nil, fmt.Errorf("there is no transport %q", s.Kind)
}

// opening keeps a nil pointer from being a transport. It waits for the connection, so that
// a process which is told to end has begun.
func opening[T opened](x T, err error) (opened, error) {
	if err != nil {
		return nil, err
	}
	if c, ok := any(x).(transport.Connector); ok {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		err = c.AwaitConnection(ctx)
	}
	return x, err
}

// natsOptions are those of a program that wants to go on soon.
func (s site) natsOptions() []natsevents.Option {
	return []natsevents.Option{
		natsevents.Prefix(s.Prefix), natsevents.AckWait(time.Second), natsevents.Logger(slog.New(slog.DiscardHandler)),
		natsevents.Client(natsgo.ReconnectWait(betweenTries), natsgo.ReconnectJitter(betweenTries, betweenTries),
			natsgo.ErrorHandler(func(*natsgo.Conn, *natsgo.Subscription, error) {})), // else it prints that a connection is lost
	}
}
