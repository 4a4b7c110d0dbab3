// Package nomodule builds applications without fxevents.Module. // want package:"uses rollcall"
package nomodule

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

func NewAfter() recipes.Middleware { return nil }

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, recipes.Module) // want `fxevents.Event at recipes/recipes.go:31: the application has no fxevents.Module: add fxevents.Module\(\) to the options of fx.New, before the modules that declare events`
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Receive("mail")) // want `fxevents.Receive at nomodule/nomodule.go:18: the application has no fxevents.Module`
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Ordered[recipes.Middleware]("chain")) // want `fxevents.Ordered at nomodule/nomodule.go:21: the application has no fxevents.Module`
	},
}

// Silent fails without a word when it runs: the container ignores what nothing collects.
var Silent = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.AsListener(recipes.NewIndexer)) // want `fxevents.AsListener at nomodule/nomodule.go:28: the application has no fxevents.Module`
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Contribute[recipes.Middleware](NewAfter)) // want `fxevents.Contribute at nomodule/nomodule.go:31: the application has no fxevents.Module`
	},
}
