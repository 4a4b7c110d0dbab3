// Package strict has what only a strict application refuses. // want package:"uses rollcall"
package strict

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Placed struct{}

type Log struct{}

func NewLog() *Log { return &Log{} }

func (*Log) OnPlaced(context.Context, *Placed) error { return nil }

func (*Log) OnCreated(context.Context, *recipes.Created) error { return nil }

func (*Log) OnDeleted(context.Context, *recipes.Deleted) error { return nil }

func open() (transport.Transport, error) { return &transport.Local{}, nil }

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.Strict()), recipes.Module, fx.Provide(NewLog),
			fxevents.Listen((*Log).OnPlaced),                             // want `nobody declares the event \*strict.Placed, which strict.Log \(strict/strict.go:31\) listens to: declare it with fxevents.Event in the module that emits it`
			fxevents.Listen((*Log).OnCreated, `after:"?recipes.Indexr"`), // want `strict.Log \(strict/strict.go:32\) may run after \?recipes.Indexr, but no listener has that ID, so the hint has no effect: did you mean recipes.Indexer\?`
		)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.Strict()), recipes.Module, fx.Provide(NewLog),
			fxevents.Transport(open),
			fxevents.Listen((*Log).OnCreated, `async:"mail"`), // want `no fxevents.Receive takes the receiver keys mail, sms; the first one is that of strict.Log \(strict/strict.go:38\): add fxevents.Receive\(\), or fxevents.ReceivedElsewhere\("mail", "sms"\) if another process receives them`
			fxevents.Listen((*Log).OnDeleted, `async:"sms"`),
		)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.Strict()), recipes.Module, fx.Provide(NewLog),
			fxevents.Transport(open),
			fxevents.Event[*Placed]("order.placed", fxevents.Published("mial")), // want `fxevents.Published at strict/strict.go:45 names the receiver key mial, which no listener of this process has: did you mean mail\?`
			fxevents.Listen((*Log).OnCreated, `async:"mail"`),
			fxevents.Listen((*Log).OnDeleted, `async:"sms"`), // want `no Receive takes key sms of strict.Log \(strict/strict.go:47\): add fxevents.Receive\("sms"\), or fxevents.ReceivedElsewhere\("sms"\) if another process receives it`
			fxevents.Receive("mail"),
		)
	},
}

// Fine is not strict.
var Fine = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.Logger(nil)), recipes.Module, fx.Provide(NewLog),
			fxevents.Listen((*Log).OnPlaced),
			fxevents.Listen((*Log).OnCreated, `after:"?recipes.Indexr"`),
		)
	},
}
