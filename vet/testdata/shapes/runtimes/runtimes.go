// Package runtimes adds listeners while the application runs, and reads its order file at run time. // want package:"uses rollcall"
package runtimes

import (
	"embed"
	"io/fs"
	"testing/fstest"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/provider"
)

// Orders has files that other packages may read.
//
//go:embed orders
var Orders embed.FS

type Ticked struct{ N int }

type Clock struct{}

func NewClock() *Clock { return &Clock{} }

func (*Clock) Handle(*Ticked) {}

type Plugins struct{ all *provider.Mutable }

func NewPlugins(lc fx.Lifecycle, m *provider.Mutable) *Plugins {
	p := &Plugins{m}
	lc.Append(fx.StartHook(p.load))
	return p
}

func (p *Plugins) load() error {
	_, err := p.all.Add(rollcall.NewListener[*Ticked]("plugin.Gong", func(*Ticked) {}))
	return err
}

// Application names a listener that is added later, and reads files that are not known
// before.
func Application() fx.Option {
	below, err := fs.Sub(Orders, "orders")
	if err != nil {
		return fx.Error(err)
	}
	file := "memory.yaml"
	return fx.Options(
		fxevents.Module(
			fxevents.Runtime(),
			fxevents.OrderFile(below, "order.yaml"),
			fxevents.OrderFile(fstest.MapFS{file: {Data: []byte("off: { ticked: [ \"?plugin.Horn\" ] }\n")}}, file),
			fxevents.Sequence("ticked", "?plugin.Gong", "runtimes.Clock"),
		),
		fxevents.Event[*Ticked]("ticked"),
		fxevents.AsListener(NewClock, `after:"?plugin.Bell"`),
		fx.Provide(NewPlugins),
		fx.Invoke(func(*Plugins) {}),
	)
}
