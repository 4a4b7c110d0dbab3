package transport

import (
	"context"
	"time"
)

// BacklogReporter is a Transport that reports what waits for a receiver.
type BacklogReporter interface {
	// Backlog returns the backlog of a receiver key of an event. It asks the broker. The
	// counts may be of slightly different moments. The error is a *SubscriptionError, a
	// *UnroutableError if the key was never declared, or the broker's or the context's.
	Backlog(ctx context.Context, event, key string) (Backlog, error)
}

// Backlog counts the messages of one receiver key of an event that are not done.
type Backlog struct {
	Waiting  int           // not delivered yet
	InFlight int           // delivered to a handler that has not returned
	Retrying int           // waiting for redelivery
	Dead     int           // dead letters
	Oldest   time.Duration // age of the oldest that is not done and not dead; 0 if none or unknown
}

// Connector is a Transport that connects in the background.
type Connector interface {
	// AwaitConnection returns nil when there is a connection. If ctx ends before that, the
	// error has the broker's address and the reason for the last failure, but no password.
	AwaitConnection(ctx context.Context) error
}
