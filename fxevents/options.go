package fxevents

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/transport"
)

// Option configures Module.
type Option interface{ apply(*settings) }

type settings struct {
	providers []providerSpec
	files     []file
	policy    []rollcall.Option
	codec     transport.Codec      // nil: JSON
	logger    *slog.Logger         // nil: slog.Default()
	receivers map[string]receiving // by key
	strict    bool                 // warnings are errors
	problems  []error

	sequences, off []rule // of options, not of order files

	runtime       bool // listeners may be added at run time
	withoutBroker bool // start even if the broker can't be reached
}

type providerSpec struct{ name, group string }

type file struct {
	fsys   fs.FS
	path   string
	source string // the place of the OrderFile call
}

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

// OrderFile overrides what the code asks for with the order file at path in fsys. The file
// is YAML:
//
//	services:
//	  recipes.Indexer:
//	    tags:
//	      - { name: event_listener, event: recipe.created, after: audit.Log }
//
// The name is the listener's value group. An entry replaces the whole placement of one
// listener for one event: priority, labels, before and after. It is an error if the application
// does not have that listener and event, unless the entry has optional: true. Listeners
// that the file does not mention keep their tags. If two listeners are tied, the order of
// the options breaks the tie, not their positions in the file. If several files have an
// entry for the same listener and event, the last file decides.
//
// A file may also say what [Sequence] and [Off] say.
//
// docs/order.schema.json in the repository is a JSON Schema of the format.
func OrderFile(fsys fs.FS, path string) Option {
	at := callsite.Caller(0)
	return optionFunc(func(s *settings) { s.files = append(s.files, file{fsys, path, at}) })
}

// NamedProvider adds a provider for the listeners in a value group of its own. The container
// then has a rollcall.Dispatcher and a rollcall.Provider under this name. A listener joins
// the group by the key group of its tag. It can't be asynchronous.
//
// The emitters that [Event] provides do not reach these listeners. Dispatch through the named
// dispatcher, or pass that to rollcall.NewEmitter.
func NamedProvider(name, group string) Option {
	at := callsite.Caller(0)
	return optionFunc(func(s *settings) {
		if err := s.checkProvider(name, group); err != nil {
			s.problems = append(s.problems, fmt.Errorf("fxevents.NamedProvider(%q, %q) at %s: %w", name, group, at, err))
			return
		}
		s.providers = append(s.providers, providerSpec{name, group})
	})
}

// checkProvider rejects names and groups that the container could not distinguish or
// read.
func (s *settings) checkProvider(name, group string) error {
	switch {
	case name == "" || group == "":
		return errors.New("a further provider needs a name and a group")
	case strings.ContainsAny(name+group, "`,"):
		return errors.New("a name or group must not hold a comma or a backquote")
	case name == orderfile.DefaultProvider:
		return errors.New("that is what reports call the provider without a name")
	case slices.ContainsFunc(s.providers, func(p providerSpec) bool { return p.name == name }):
		return errors.New("there is a provider of that name already")
	}
	return nil
}

// Policy sets options of all dispatchers that Module makes, including those that call
// asynchronous listeners: rollcall.Observe, rollcall.CollectErrors, rollcall.PassPanics and
// rollcall.Parallel. Asynchronous listeners of a key are called in order, also with
// Parallel.
func Policy(options ...rollcall.Option) Option {
	return optionFunc(func(s *settings) { s.policy = append(s.policy, options...) })
}

// Subscription sets how the receivers of s.Key subscribe: s.MaxInFlight limits how many
// events they handle at once, s.MaxAttempts how often an event is delivered before it
// becomes a dead letter, and s.Retry when a failed one is redelivered. The context of
// listeners ends after s.Timeout, and listeners that run longer than s.Slow are logged:
// see [Logger]. Leave s.Event empty: the settings hold for every event of the key.
// If several Subscriptions have the same key, the last one is used.
func Subscription(s transport.Subscription) Option {
	at := callsite.Caller(0)
	return optionFunc(func(x *settings) {
		problem := problemOfKey(s)
		switch {
		case s.Event != "" || s.Key == "":
			problem = "it needs a key, and no event: it holds for every event of the key"
		case problem == "":
			x.receivers[s.Key] = receiving{s, at}
			return
		}
		x.problems = append(x.problems, fmt.Errorf("fxevents.Subscription at %s: %s", at, problem))
	})
}

// StartWithoutBroker lets an application with asynchronous listeners start while its broker
// can't be reached. By default, its start waits for the broker until shortly before Fx's
// start timeout, and then fails with the broker's address and the reason.
//
// Without the broker, a dispatch of an event with asynchronous listeners waits until its
// context ends, and then fails. If the transport is a transport.Outbox, such as a
// *sqlevents.Transport, the dispatch does not wait: the event is stored. The start then
// waits for the database of the outbox, and checks its tables.
//
// Receivers begin when the broker can be reached. Until then, the reason is logged at
// slog.LevelWarn, at growing intervals: see [Logger].
//
// It changes nothing for a transport that is not a transport.Connector: such a transport
// must reach its broker before the application starts.
func StartWithoutBroker() Option { return optionFunc(func(s *settings) { s.withoutBroker = true }) }

// Codec sets the encoding of the events of asynchronous listeners. The default is JSON.
// Events that arrive as JSON are decoded with any codec.
func Codec(c transport.Codec) Option { return optionFunc(func(s *settings) { s.codec = c }) }

// Logger sets where warnings and the failures of asynchronous listeners are logged. The default is
// slog.Default(). To log nothing, pass slog.New(slog.DiscardHandler).
//
// A failure is logged at slog.LevelWarn if the event will be redelivered, and at
// slog.LevelError if it becomes a dead letter. The attributes are event, key, id, attempt
// and reason. Before a redelivery there is also after, the minimum delay. The event's
// content is never logged, but a reason contains the text of a listener's error
// unchanged.
//
// If the listeners of an event run longer than a minute, or the Slow of their
// [Subscription], that is logged at slog.LevelWarn, and again after twice that time, and
// so on. If they outlast Fx's stop timeout, that is logged, too. The attributes are event,
// key, id, attempt and age.
//
// fx.New logs a warning at slog.LevelWarn for what is probably a mistake, see [Strict].
//
// An event that becomes a dead letter because its receivers died on every attempt is logged
// by the transport, with its own logger. A listener that calls runtime.Goexit is not logged.
func Logger(l *slog.Logger) Option { return optionFunc(func(s *settings) { s.logger = l }) }
