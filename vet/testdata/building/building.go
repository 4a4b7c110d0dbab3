// Package building puts its applications together in several ways. // want package:"uses rollcall"
package building

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/building/running"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Log struct{}

func NewLog() *Log { return &Log{} }

func (*Log) Handle(*recipes.Created) {}

// New builds an application of some options.
func New(extra ...fx.Option) *fx.App {
	return fx.New(append([]fx.Option{fx.NopLogger, fxevents.Module(), recipes.Module}, extra...)...)
}

func options() fx.Option {
	name := "building"
	return fx.Module(name, base("x"))
}

func base(string) fx.Option {
	return fxevents.AsListener(NewLog, `id:"base" after:"recipes.Indxer"`) // want `base \(building/building.go:29\) must run after recipes.Indxer, but no listener has that ID`
}

func either(first bool) fx.Option {
	if first {
		return fxevents.AsListener(NewLog, `id:"either"`)
	}
	return fxevents.AsListener(NewLog, `id:"either" before:"recipes.Indxer"`) // want `either \(building/building.go:36\) must run before recipes.Indxer, but no listener has that ID`
}

var Applications = []func() *fx.App{
	func() *fx.App { return New(options()) },
	func() *fx.App {
		list := []fx.Option{fx.NopLogger, fxevents.Module()}
		list = append(list, recipes.Module, fxevents.AsListener(NewLog, `id:"list" after:"recipes.Indxer"`)) // want `list \(building/building.go:43\) must run after recipes.Indxer, but no listener has that ID`
		return fx.New(list...)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, either(false))
	},
	func() *fx.App {
		app := fx.Options(fxevents.Module(), recipes.Module)
		return fx.New(fx.NopLogger, app, fx.Options([]fx.Option{
			fxevents.AsListener(NewLog, `id:"nested" after:"recipes.Indxer"`), // want `nested \(building/building.go:52\) must run after recipes.Indxer, but no listener has that ID`
		}...))
	},
	func() *fx.App {
		return New(
			fxevents.AsListener(NewLog, `id:"given" after:"recipes.Indxer"`), // want `given \(building/building.go:57\) must run after recipes.Indxer, but no listener has that ID`
		)
	},
	func() *fx.App {
		return With(
			fxevents.AsListener(NewLog, `id:"with" after:"recipes.Indxer"`), // want `with \(building/building.go:62\) must run after recipes.Indxer, but no listener has that ID`
		)
	},
	func() *fx.App {
		return running.New(fxevents.Module(), recipes.Module,
			fxevents.AsListener(NewLog, `id:"run" after:"recipes.Indxer"`), // want `run \(building/building.go:67\) must run after recipes.Indxer, but no listener has that ID`
		)
	},
}

// With adds to its parameter.
func With(extra ...fx.Option) *fx.App {
	extra = append(extra, fx.NopLogger, fxevents.Module(), recipes.Module)
	return fx.New(extra...)
}
