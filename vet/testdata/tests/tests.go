// Package tests has tests that build applications. // want package:"uses rollcall"
package tests

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Log struct{}

func NewLog() *Log { return &Log{} }

func (*Log) Handle(*recipes.Created) {}

// New builds the program. Its tests may build wrong ones on purpose.
func New(options ...fx.Option) *fx.App {
	return fx.New(fx.NopLogger, recipes.Module, fxevents.Module(), fx.Options(options...))
}

// Module is right in an application that has recipes.Module.
var Module = fx.Options(fxevents.Module(), fxevents.AsListener(NewLog, `after:"recipes.Indexer"`))
