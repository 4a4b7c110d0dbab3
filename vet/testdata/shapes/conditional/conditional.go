// Package conditional chooses its options at run time, as programs with a configuration do. // want package:"uses rollcall"
package conditional

import (
	"fmt"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// Config comes from a file or from flags.
type Config struct {
	Online  bool
	Journal string
}

type Started struct{ ID string }

type Host struct{}

func NewHost() *Host { return &Host{} }

func (*Host) Handle(*Started) {}

type Journal struct{ path string }

func NewJournal(path string) func() *Journal { return func() *Journal { return &Journal{path} } }

func (*Journal) Handle(*Started) {}

type Announcer struct{}

func NewAnnouncer() *Announcer { return &Announcer{} }

func (*Announcer) Handle(*Started) {}

// Application returns options whose hints name listeners that are there in some
// configurations only.
func Application(c Config) fx.Option {
	var journal fx.Option
	switch c.Journal {
	case "":
		journal = fx.Options()
	case "memory", "disk":
		journal = fxevents.AsListener(NewJournal(c.Journal), `before:"conditional.Host"`)
	default:
		return fx.Error(fmt.Errorf("unknown journal %q", c.Journal))
	}
	options := []fx.Option{fxevents.Module(), fxevents.Event[*Started]("node.started"), journal}
	if c.Online {
		options = append(options, online(c)...)
	}
	return fx.Options(append(options, maybe(c.Journal != "", fxevents.AsListener(NewHost)))...)
}

func online(c Config) (options []fx.Option) {
	if c.Journal != "" {
		options = append(options, fxevents.AsListener(NewAnnouncer, `async:"announce" after:"conditional.Journal"`))
	}
	return append(options,
		fx.Provide(func() transport.Transport { return &transport.Local{} }),
		maybe(c.Journal != "", fxevents.Receive("announce")),
	)
}

func maybe(is bool, option fx.Option) fx.Option {
	if is {
		return option
	}
	return fx.Options()
}
