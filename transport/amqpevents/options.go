package amqpevents

import (
	"crypto/tls"
	"log/slog"
)

// Option configures a transport.
type Option interface{ apply(*settings) }

type settings struct {
	prefix           string
	source           string
	classic          bool
	acceptUnroutable bool
	tls              *tls.Config
	maxBody          int
	logger           *slog.Logger // nil: slog.Default()
}

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

func newSettings(options []Option) settings {
	s := settings{prefix: "rollcall", source: "/rollcall", maxBody: 16 << 20}
	for _, o := range options {
		o.apply(&s)
	}
	return s
}

// Prefix sets what the names of exchanges and queues begin with, "rollcall" by default:
// at most 32 letters, digits and underscores. Applications with different prefixes
// share no events.
func Prefix(prefix string) Option { return optionFunc(func(s *settings) { s.prefix = prefix }) }

// Source sets the CloudEvents source of published messages that have none: a URI
// reference such as "/shop". The default is "/rollcall".
func Source(source string) Option { return optionFunc(func(s *settings) { s.source = source }) }

// Classic makes classic queues instead of quorum queues. They are not replicated, and
// count fewer attempts: see the package's documentation. All programs with the same
// prefix must use the same type of queue. Otherwise the error is a *ConflictError.
func Classic() Option { return optionFunc(func(s *settings) { s.classic = true }) }

// AcceptUnroutable makes Publish return nil for an event that nobody receives, instead
// of a *transport.UnroutableError. The broker drops the event.
func AcceptUnroutable() Option {
	return optionFunc(func(s *settings) { s.acceptUnroutable = true })
}

// TLS configures the connections. The URL must begin with "amqps://". By default, the
// certificates that the URL names are trusted, otherwise those of the system.
func TLS(config *tls.Config) Option { return optionFunc(func(s *settings) { s.tls = config }) }

// MaxBody sets the largest body that Publish accepts, in bytes. The default is 16 MiB.
// A larger one is a *transport.MessageError. Set it no higher than max_message_size of
// the broker: if a message exceeds that, the broker closes the channel, and the other
// messages in flight are published again.
func MaxBody(bytes int) Option { return optionFunc(func(s *settings) { s.maxBody = bytes }) }
