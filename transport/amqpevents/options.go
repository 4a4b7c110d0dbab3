package amqpevents

import "crypto/tls"

// Option configures a transport.
type Option interface{ apply(*settings) }

type settings struct {
	prefix           string
	source           string
	classic          bool
	acceptUnroutable bool
	tls              *tls.Config
	maxBody          int
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

// Prefix is what the names of exchanges and queues begin with, instead of
// "rollcall": letters, digits and underscores, 32 at most. Applications of other
// prefixes do not see each other.
func Prefix(prefix string) Option { return optionFunc(func(s *settings) { s.prefix = prefix }) }

// Source names this program in the events that it publishes, as the source of
// CloudEvents: a URI reference such as "/shop".
func Source(source string) Option { return optionFunc(func(s *settings) { s.source = source }) }

// Classic makes classic queues instead of quorum queues. They are not
// replicated, and count fewer attempts: see the package's documentation. A
// queue keeps the type that it was made with.
func Classic() Option { return optionFunc(func(s *settings) { s.classic = true }) }

// AcceptUnroutable has Publish return nil for an event that nobody receives,
// instead of a *transport.UnroutableError. The broker does not keep it.
func AcceptUnroutable() Option {
	return optionFunc(func(s *settings) { s.acceptUnroutable = true })
}

// TLS configures the connections, for a URL that begins with "amqps://". Without
// it the system's certificates are trusted, or those that the URL names.
func TLS(config *tls.Config) Option { return optionFunc(func(s *settings) { s.tls = config }) }

// MaxBody is how many bytes the body of a message may have to be published, 16
// MiB by default. The broker has a limit of its own, max_message_size, which
// should not be less: for a message above that one, it forgets the others under
// way, which are published again.
func MaxBody(bytes int) Option { return optionFunc(func(s *settings) { s.maxBody = bytes }) }
