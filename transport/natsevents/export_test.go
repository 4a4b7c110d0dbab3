package natsevents

import (
	"context"
	"testing"
	"time"
)

// Heartbeat is how often the server says that it has a request for messages.
func Heartbeat(d time.Duration) Option { return optionFunc(func(s *settings) { s.heartbeat = d }) }

// AwaitRemoval replaces the pause before a deleted stream or consumer is made again.
func AwaitRemoval(wait func(context.Context)) Option {
	return optionFunc(func(s *settings) { s.awaitRemoval = wait })
}

// SetLeaveTimeout changes, for a test, how long a subscription that ends waits for
// what it has requested.
func SetLeaveTimeout(t *testing.T, d time.Duration) {
	before := leaveTimeout
	leaveTimeout = d
	t.Cleanup(func() { leaveTimeout = before })
}

// ReadServers is what Connect checks a list of servers by.
func ReadServers(list string) (addresses string, err error) {
	_, addresses, err = readServers(list)
	return addresses, err
}
