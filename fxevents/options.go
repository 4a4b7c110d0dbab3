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
	problems  []error
}

type providerSpec struct{ name, group string }

type file struct {
	fsys fs.FS
	path string
}

type optionFunc func(*settings)

func (f optionFunc) apply(s *settings) { f(s) }

// OrderFile lets the order file at path in fsys override placements. What the file says
// about a listener and event replaces the whole placement in the code. Listeners that the
// file does not mention keep their tags. If the file leaves two listeners tied, the order
// of the options breaks the tie, not their positions in the file. If several files
// mention a listener and event, the last of these files decides.
func OrderFile(fsys fs.FS, path string) Option {
	return optionFunc(func(s *settings) { s.files = append(s.files, file{fsys, path}) })
}

// NamedProvider makes a further provider, of the listeners in a value group of its
// own. Its rollcall.Dispatcher and rollcall.Provider are in the container
// under the name. Listeners get into the group by the group key of their tags.
// The emitters that [Event] provides do not reach it: emit through its
// dispatcher, or through a rollcall.NewEmitter of that.
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

// Policy changes how the dispatchers treat the errors and panics of listeners:
// see rollcall.CollectErrors and rollcall.PassPanics.
func Policy(options ...rollcall.Option) Option {
	return optionFunc(func(s *settings) { s.policy = append(s.policy, options...) })
}

// Subscription says how the receivers of a key subscribe: how many events they
// take at once, and how often. Its event is left empty.
func Subscription(s transport.Subscription) Option {
	at := callsite.Caller(0)
	return optionFunc(func(x *settings) {
		whole := s
		whole.Event = "any"
		_, err := whole.Check()
		switch {
		case s.Event != "" || s.Key == "":
			err = errors.New("it needs a key, and no event: it holds for every event of the key")
		case err == nil:
			x.receivers[s.Key] = receiving{s, at}
			return
		}
		x.problems = append(x.problems, fmt.Errorf("fxevents.Subscription at %s: %w", at, err))
	})
}

// Codec encodes and decodes the events of asynchronous listeners, instead of
// JSON. What arrives as JSON is decoded too.
func Codec(c transport.Codec) Option { return optionFunc(func(s *settings) { s.codec = c }) }

// Logger sets where the failures of asynchronous listeners are logged. The default is
// slog.Default(). To log nothing, pass slog.New(slog.DiscardHandler).
//
// A failure is logged at slog.LevelWarn if the event will be redelivered, and at
// slog.LevelError if it becomes a dead letter. The attributes are event, key, id, attempt
// and reason. Before a redelivery there is also after, the minimum delay. The event's
// content is never logged, but a reason contains the text of a listener's error
// unchanged.
//
// Only decisions of this process are logged. An event that the transport abandons because
// its receivers died in each attempt is not logged, and neither is a listener that ends
// its goroutine.
func Logger(l *slog.Logger) Option { return optionFunc(func(s *settings) { s.logger = l }) }
