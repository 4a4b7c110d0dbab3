package natsevents

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
)

// Option configures a transport.
type Option interface{ apply(*settings) }

type settings struct {
	prefix    string
	source    string
	ackWait   time.Duration
	syncEvery time.Duration // 0: every write
	heartbeat time.Duration // while nothing else comes
	client    []nats.Option
}

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

func newSettings(options []Option) settings {
	s := settings{prefix: "rollcall", source: "/rollcall", ackWait: 30 * time.Second, heartbeat: 5 * time.Second}
	for _, o := range options {
		o.apply(&s)
	}
	return s
}

// check refuses settings that the server or this package could not keep.
func (s settings) check() error {
	switch {
	case !prefixes.MatchString(s.prefix):
		return fmt.Errorf("the prefix %q must be letters, digits and underscores, 32 at most", s.prefix)
	case s.source == "":
		return errors.New(`the source is "", so nobody could read the events: give Source a URI reference such as "/shop", or leave it out`)
	case s.ackWait < leastAckWait:
		return fmt.Errorf("AckWait is %v, and must be %v at least: a receiver that works tells the server three times as often", s.ackWait, leastAckWait)
	case s.syncEvery < 0:
		return fmt.Errorf("SyncEvery is %v, and must not be negative", s.syncEvery)
	}
	return nil
}

const leastAckWait = 100 * time.Millisecond

var prefixes = regexp.MustCompile(`^[A-Za-z0-9_]{1,32}$`)

// Prefix is what the names of streams and subjects begin with, instead of
// "rollcall": letters, digits and underscores. Applications of other prefixes
// do not see each other.
func Prefix(prefix string) Option { return optionFunc(func(s *settings) { s.prefix = prefix }) }

// Source names this program in the events that it publishes, as the source of
// CloudEvents: a URI reference such as "/shop".
func Source(source string) Option { return optionFunc(func(s *settings) { s.source = source }) }

// AckWait sets how long the server waits before redelivering a message whose receiver
// died. The default is 30 seconds, the minimum a tenth of a second. A handler that runs
// longer keeps its message. If several processes receive for one key, the last one to
// start sets the value for all, so use the same value in each.
func AckWait(d time.Duration) Option { return optionFunc(func(s *settings) { s.ackWait = d }) }

// SyncEvery has an embedded server write to the disk from time to time, instead
// of before each confirmation. What was confirmed in between is lost with the
// power, though not with the process.
func SyncEvery(d time.Duration) Option { return optionFunc(func(s *settings) { s.syncEvery = d }) }

// Client passes options to the client, such as nats.UserCredentials or
// nats.Secure.
func Client(options ...nats.Option) Option {
	return optionFunc(func(s *settings) { s.client = append(s.client, options...) })
}
