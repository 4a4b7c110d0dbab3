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

// OrderFile lets the order file at path in fsys override placements: what it
// says of a listener and event replaces what the code says, whole; listeners
// that it does not mention keep their tags. Where it leaves two listeners alike,
// the order of the options decides, not that of the file. Of several files, the
// last one that mentions a listener and event decides.
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

// checkProvider refuses what the container could not tell apart or read.
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

// Logger is where asynchronous listeners' failures are logged; slog.Default()
// without it, slog.New(slog.DiscardHandler) for nothing. A failure is a record
// at slog.LevelWarn where the event will be received again, and one at
// slog.LevelError where it becomes a dead letter. The attributes are event,
// key, id, attempt and reason, and after, how long it waits at least; the
// event's content is never logged, but a reason is a listener's error as that
// wrote it. It tells what this process decides: not of an event that the
// transport gives up because its receivers died in each attempt, nor of a listener
// that ends its goroutine.
func Logger(l *slog.Logger) Option { return optionFunc(func(s *settings) { s.logger = l }) }
