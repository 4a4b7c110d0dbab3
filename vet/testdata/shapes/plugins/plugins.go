// Package plugins builds an application of options that others register. // want package:"uses rollcall"
package plugins

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

// Plugin adds to the application.
type Plugin interface{ Options() fx.Option }

var registered []Plugin

// Register adds a plugin. Packages call it when they are initialized.
func Register(p Plugin) { registered = append(registered, p) }

func init() { Register(metrics{}) }

type Node struct{ ID string }

type metrics struct{}

func (metrics) Options() fx.Option { return fxevents.AsListener(newGauge, `id:"metrics.Gauge"`) }

func newGauge() func(*Node) { return func(*Node) {} }

type Core struct{}

func NewCore() *Core { return &Core{} }

func (*Core) Handle(*Node) {}

// functions return options from the options so far.
var functions = []func([]fx.Option) ([]fx.Option, error){
	func(o []fx.Option) ([]fx.Option, error) { return append(o, fxevents.Event[*Node]("node")), nil },
}

// Application names a listener of a plugin, and an event that a function declares.
func Application() fx.Option {
	options := []fx.Option{
		fxevents.Module(fxevents.Strict()),
		fxevents.AsListener(NewCore, `event:"node" after:"metrics.Gauge"`),
	}
	for _, p := range registered {
		options = append(options, p.Options())
	}
	for _, f := range functions {
		var err error
		if options, err = f(options); err != nil {
			return fx.Error(err)
		}
	}
	return fx.Options(options...)
}
