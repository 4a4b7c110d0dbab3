// Package orderfiles has order files that name what the application does not have. // want package:"uses rollcall"
package orderfiles

import (
	"embed"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

//go:embed *.yaml
var files embed.FS

type Log struct{}

func NewLog() *Log { return &Log{} }

func (*Log) Handle(*recipes.Created) {}

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.OrderFile(files, "order.yaml")), recipes.Module, fxevents.AsListener(NewLog, `id:"audit.Log"`))
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.OrderFile(files, "broken.yaml")), recipes.Module)
	},
}
