package natsevents

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
)

// Option configures a transport.
type Option interface{ apply(*settings) }

type settings struct {
	prefix     string
	source     string
	ackWait    time.Duration
	syncEvery  time.Duration // 0 syncs every write
	heartbeat  time.Duration // how often an idle server reports that it has a request
	client     []nats.Option
	logger     *slog.Logger // nil: slog.Default()
	acceptLoss bool
	existing   bool // whether no streams are created

	awaitRemoval func(context.Context) // see untilRemoved
}

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

func newSettings(options []Option) settings {
	s := settings{prefix: "rollcall", source: "/rollcall", ackWait: 30 * time.Second, heartbeat: 5 * time.Second}
	s.awaitRemoval = func(ctx context.Context) { pause(ctx, untilRemoved) }
	for _, o := range options {
		o.apply(&s)
	}
	return s
}

// check returns an error for settings that the server or this package can't work with.
func (s settings) check() error {
	switch {
	case !prefixes.MatchString(s.prefix):
		return fmt.Errorf("the prefix %q must be letters, digits and underscores, 32 at most", s.prefix)
	case s.source == "":
		return errors.New(`the source is "", so nobody could read the events: give Source a URI reference such as "/shop", or leave it out`)
	case s.ackWait < leastAckWait:
		return fmt.Errorf("AckWait is %v, and must be at least %v: a busy receiver reports to the server three times in that time", s.ackWait, leastAckWait)
	case s.syncEvery < 0:
		return fmt.Errorf("SyncEvery is %v, and must not be negative", s.syncEvery)
	}
	return nil
}

const leastAckWait = 100 * time.Millisecond

var prefixes = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)

// Prefix sets what the names of streams and subjects begin with, "rollcall" by default:
// at most 32 letters, digits and underscores. Applications with different prefixes
// share no events. Prefixes must differ by more than case, because the names of streams
// are in upper case.
func Prefix(prefix string) Option { return optionFunc(func(s *settings) { s.prefix = prefix }) }

// Source sets the CloudEvents source of published messages that have none: a URI
// reference such as "/shop". The default is "/rollcall".
func Source(source string) Option { return optionFunc(func(s *settings) { s.source = source }) }

// AckWait sets how long the server waits before redelivering a message whose receiver
// died. The default is 30 seconds, the minimum a tenth of a second. A handler that runs
// longer keeps its message. If several processes receive for one key, the last one to
// start sets the value for all, so use the same value in each.
func AckWait(d time.Duration) Option { return optionFunc(func(s *settings) { s.ackWait = d }) }

// SyncEvery makes an embedded server sync its files to disk at this interval, instead
// of before each confirmation. A power failure then loses what was confirmed since the
// last sync. A crash of the process loses nothing. The default is 0, which syncs every
// write. Connect ignores SyncEvery.
func SyncEvery(d time.Duration) Option { return optionFunc(func(s *settings) { s.syncEvery = d }) }

// Client passes options to the client, such as nats.UserCredentials or
// nats.Secure.
func Client(options ...nats.Option) Option {
	return optionFunc(func(s *settings) { s.client = append(s.client, options...) })
}
