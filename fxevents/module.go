package fxevents

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/dispatcher"
	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/orderfile"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/transport"
)

// DefaultGroup is the value group of the listeners that name no other.
const DefaultGroup = "event_listener"

// Groups by which the parts of this package find each other.
const (
	eventGroup    = "rollcall.event"
	problemGroup  = "rollcall.problem"
	providerGroup = "rollcall.provider"
	useGroup      = "rollcall.use"
	receiveGroup  = "rollcall.receive"
)

// Module collects, sorts and binds the application's listeners. Give it to
// fx.New once, before the modules that contribute listeners. Errors are told
// by fx.New, as an *AssemblyError.
func Module(options ...Option) fx.Option {
	s := settings{providers: []providerSpec{{group: DefaultGroup}}, receivers: map[string]receiving{}}
	for _, o := range options {
		if o != nil {
			o.apply(&s)
		}
	}
	parts := []fx.Option{
		fx.Provide(
			func(lc fx.Lifecycle) *Assembly {
				a := newAssembly(s)
				lc.Append(fx.StopHook(a.Close)) // before those of listeners, which it outlives
				return a
			},
			func(a *Assembly) module { return a },
			newReport,
			func(a *Assembly) dispatcher.Dispatcher { return a.handles[0].dispatcher },
			func(a *Assembly) provider.Provider { return a.handles[0].provider },
		),
	}
	for i, p := range s.providers[1:] {
		parts = append(parts, collect(i+1, p.group), provideNamed(i+1, p.name))
	}
	return fx.Module("rollcall", append(parts, fx.Invoke(assemble))...)
}

// collect provides the content of a further provider's group to the assembly.
func collect(index int, group string) fx.Option {
	return fx.Provide(fx.Annotate(
		func(listeners []provider.Listener) collected { return collected{index, listeners} },
		fx.ParamTags("group:"+strconv.Quote(group)),
		fx.ResultTags("group:"+strconv.Quote(providerGroup)),
	))
}

func provideNamed(index int, name string) fx.Option {
	return fx.Provide(
		fx.Annotated{Name: name, Target: func(a *Assembly) dispatcher.Dispatcher { return a.handles[index].dispatcher }},
		fx.Annotated{Name: name, Target: func(a *Assembly) provider.Provider { return a.handles[index].provider }},
	)
}

// collected is the content of the group of the provider at index.
type collected struct {
	index     int
	listeners []provider.Listener
}

// Option configures Module.
type Option interface{ apply(*settings) }

type settings struct {
	providers []providerSpec
	files     []file
	policy    []dispatcher.Option
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

// Provider makes a further provider, of the listeners in a value group of its
// own. Its dispatcher.Dispatcher and provider.Provider are in the container
// under the name. Listeners get into the group by the group key of their tags.
// The emitters that [Event] provides do not reach it: emit through its
// dispatcher, or through a dispatcher.NewEmitter of that.
func Provider(name, group string) Option {
	at := source.Caller(0)
	return optionFunc(func(s *settings) {
		if err := s.checkProvider(name, group); err != nil {
			s.problems = append(s.problems, fmt.Errorf("fxevents.Provider(%q, %q) at %s: %w", name, group, at, err))
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
// see dispatcher.CollectErrors and dispatcher.PassPanics.
func Policy(options ...dispatcher.Option) Option {
	return optionFunc(func(s *settings) { s.policy = append(s.policy, options...) })
}
