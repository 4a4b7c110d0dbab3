package transport

import (
	"context"
	"time"
)

// BacklogReporter is a Transport that reports what waits for a receiver.
type BacklogReporter interface {
	// Backlog returns the backlog of a receiver key of an event. It asks the broker. The
	// counts may be of slightly different moments. The error is a *SubscriptionError, also
	// for a temporary receiver, an *UnroutableError if the key was never declared, or the
	// broker's or the context's.
	Backlog(ctx context.Context, event, key string) (Backlog, error)
}

// Backlog counts the messages of one receiver key of an event that are not done. Waiting
// and Dead are always counted. A transport that can't count the messages in flight, or
// those to be retried, leaves InFlight or Retrying 0. One that can't distinguish the two
// counts both as InFlight.
type Backlog struct {
	Waiting  int           // not delivered yet, also if their delay is not over
	InFlight int           // delivered to a handler that has not returned
	Retrying int           // waiting for redelivery
	Dead     int           // dead letters
	Oldest   time.Duration // age of the oldest that is due, not done and not dead; 0 if none or unknown
}

// Connector is a Transport that connects in the background.
type Connector interface {
	// AwaitConnection returns nil when there is a connection. If ctx ends before that, the
	// error has the broker's address and the reason for the last failure, but no password.
	AwaitConnection(ctx context.Context) error
}
