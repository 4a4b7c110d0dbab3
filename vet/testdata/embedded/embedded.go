// Package embedded names order files that it does not embed. // want package:"uses rollcall"
package embedded

import (
	"embed"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

//go:embed order.yaml
var files embed.FS

//go:embed *.yaml
var all embed.FS

//go:embed conf.d
var folder embed.FS

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, recipes.Module, fxevents.Module(
			fxevents.OrderFile(files, "ordre.yaml"),   // want `fxevents.OrderFile at embedded/embedded.go:25: order file ordre.yaml: tried ordre.yaml in a embed.FS: file does not exist: correct the path, which is relative to the root of the file system`
			fxevents.OrderFile(files, "other.yaml"),   // want `tried other.yaml in a embed.FS: file does not exist`
			fxevents.OrderFile(all, "nowhere.yaml"),   // want `tried nowhere.yaml in a embed.FS: file does not exist`
			fxevents.OrderFile(files, "./order.yaml"), // want `fxevents.OrderFile at embedded/embedded.go:28: order file ./order.yaml: write it relative to the file system, without ./ or a leading /`
			fxevents.OrderFile(all, "other.yaml"),
		))
	},
}

// Fine embeds a folder whose name has a dot.
var Fine = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, recipes.Module, fxevents.Module(fxevents.OrderFile(folder, "conf.d/order.yaml")))
	},
}
