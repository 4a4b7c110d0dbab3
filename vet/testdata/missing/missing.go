// Package missing has parts that need something that nothing provides. // want package:"uses rollcall"
package missing

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Unheard struct{}

type Service struct{}

func NewService(*rollcall.Emitter[Unheard]) *Service { return &Service{} }

type Mailer struct{}

func (*Mailer) OnCreated(context.Context, *recipes.Created) error { return nil }

type Log struct{}

func NewLog(*Service) *Log { return &Log{} }

func (*Log) Handle(*recipes.Created) {}

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module,
			fxevents.Listen((*Mailer).OnCreated), // want `missing/missing.go:33: fxevents.Listen needs a \*missing.Mailer, which nothing provides: pass its constructor to fx.Provide`
		)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module,
			fx.Provide(NewService),
			fxevents.AsListener(NewLog), // want `no fxevents.Event declares missing.Unheard, whose emitter is injected into missing.NewService \(missing/missing.go:18\): add fxevents.Event\[missing.Unheard\]\("a.name"\) to the module that defines the type`
		)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(),
			fx.Invoke(func(*rollcall.Emitter[Unheard]) {}), // want `no fxevents.Event declares missing.Unheard, whose emitter is injected: add`
		)
	},
}

// Fine injects an emitter into what nothing needs, or replaces it.
var Fine = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fx.Provide(NewService)) },
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fx.Provide(NewService), fxevents.AsListener(NewLog), fx.Replace(&Service{}))
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fx.Supply(&Mailer{}), fxevents.Listen((*Mailer).OnCreated))
	},
}
