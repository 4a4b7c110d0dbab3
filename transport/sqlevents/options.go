package sqlevents

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Option configures an outbox. [New], [Migrate] and [Schema] need the same [Prefix] and
// [InSchema]; Migrate and Schema ignore the others.
type Option interface{ apply(*settings) }

type settings struct {
	dialect     Dialect
	prefix      string
	schema      string
	orderBy     func(transport.Message) string // nil: only the messages' own keys
	lease       time.Duration
	maxAttempts int
	retry       func(attempt int) time.Duration
	keepHandled time.Duration
	keep        time.Duration // published messages; 0 for not at all
	logger      *slog.Logger  // nil: slog.Default()

	texts texts
	now   func() time.Time // replaced in tests
}

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

func newSettings(d Dialect, options []Option) (settings, error) {
	s := settings{dialect: d, prefix: "rollcall_", lease: 15 * time.Second, maxAttempts: 20, retry: transport.Backoff, keepHandled: 7 * 24 * time.Hour, now: time.Now}
	for _, o := range options {
		o.apply(&s)
	}
	if err := s.check(); err != nil {
		return s, err
	}
	s.texts = s.makeTexts()
	return s, nil
}

var (
	prefixes = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}$`)
	schemas  = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)
)

// leastLease leaves time to renew a lease twice before it ends.
const leastLease = time.Second

func (s settings) check() error {
	switch {
	case s.dialect < PostgreSQL || s.dialect > SQLite:
		return fmt.Errorf("sqlevents: there is no %v: use PostgreSQL, MariaDB or SQLite", s.dialect)
	case !prefixes.MatchString(s.prefix):
		return fmt.Errorf("sqlevents: the prefix %q must be lower-case letters, digits and underscores, 32 at most, and begin with no digit", s.prefix)
	case s.schema != "" && !schemas.MatchString(s.schema):
		return fmt.Errorf("sqlevents: the schema %q must be lower-case letters, digits and underscores, 63 at most, and begin with no digit", s.schema)
	case s.schema != "" && s.dialect == SQLite:
		return errors.New("sqlevents: SQLite has no schemas: leave out InSchema, and use Prefix")
	case s.lease < leastLease:
		return fmt.Errorf("sqlevents: Lease is %v, and must be at least %v", s.lease, leastLease)
	case s.maxAttempts < 1:
		return fmt.Errorf("sqlevents: MaxAttempts is %d, and must be at least 1", s.maxAttempts)
	case s.keep < 0:
		return fmt.Errorf("sqlevents: KeepPublished is %v, and must not be negative", s.keep)
	case s.keepHandled < time.Minute:
		return fmt.Errorf("sqlevents: KeepHandled is %v, and must be at least a minute", s.keepHandled)
	}
	return nil
}

func (s settings) log() *slog.Logger {
	if s.logger != nil {
		return s.logger
	}
	return slog.Default()
}

// Prefix sets what the names of tables begin with, "rollcall_" by default: at most 32
// lower-case letters, digits and underscores. Outboxes with different prefixes share
// nothing.
func Prefix(prefix string) Option { return optionFunc(func(s *settings) { s.prefix = prefix }) }

// InSchema sets the schema of the tables. For MariaDB, that is a database. The schema must
// exist. The default is the schema that the connection uses. SQLite has no schemas.
func InSchema(name string) Option { return optionFunc(func(s *settings) { s.schema = name }) }

// OrderBy sets the order key of messages that have none. f may return "" for no order. It
// may be called concurrently. For example, this keeps all events of one name in order:
//
//	sqlevents.OrderBy(func(m transport.Message) string { return m.Event })
func OrderBy(f func(transport.Message) string) Option {
	return optionFunc(func(s *settings) { s.orderBy = f })
}

// Lease sets for how long an instance leases a partition: 15 seconds by default, a second
// at least. When an instance dies, the others publish its events after that time. Every
// instance renews its leases three times in it.
func Lease(d time.Duration) Option { return optionFunc(func(s *settings) { s.lease = d }) }

// MaxAttempts sets how often the relay tries to publish an event before it becomes a dead
// letter, 20 by default. While the broker can't be reached, attempts do not count.
func MaxAttempts(n int) Option { return optionFunc(func(s *settings) { s.maxAttempts = n }) }

// Retry sets how long an event waits after a failed attempt, whose number from 1 is the
// argument. The default is [transport.Backoff]. f may be called concurrently.
func Retry(f func(attempt int) time.Duration) Option {
	return optionFunc(func(s *settings) { s.retry = f })
}

// KeepHandled sets how long [Transport.Inbox] remembers a message, 7 days by default. A
// message that is redelivered after that time is handled again.
func KeepHandled(d time.Duration) Option {
	return optionFunc(func(s *settings) { s.keepHandled = d })
}

// KeepPublished keeps messages in the table "published" for some time after the broker has
// confirmed them, for people to look at. Without it, or with 0, they are deleted. Every
// instance must have it, as each keeps what it publishes. It makes the relay write each
// message twice more. Rows that are too old are deleted every minute, in batches, and only
// while an instance with this option runs.
func KeepPublished(d time.Duration) Option {
	return optionFunc(func(s *settings) { s.keep = d })
}

// Logger sets where the relay logs. The default is slog.Default().
func Logger(l *slog.Logger) Option { return optionFunc(func(s *settings) { s.logger = l }) }
