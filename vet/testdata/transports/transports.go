// Package transports has an asynchronous listener and no transport. // want package:"uses rollcall"
package transports

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Mailer struct{}

func NewMailer() *Mailer { return &Mailer{} }

func (*Mailer) OnCreated(context.Context, *recipes.Created) error { return nil }

var Module = fx.Module("transports",
	fx.Provide(NewMailer),
	fxevents.Listen((*Mailer).OnCreated, `async:"mail"`), // want `transports.Mailer \(transports/transports.go:22\) is asynchronous, but the application has no transport, or lacks something that the transport's constructor takes: provide a transport with fxevents.Transport, or use fxnats.Module`
	fxevents.Receive(),
)

func newLocal() transport.Transport { return &transport.Local{} }

func newSame() *transport.Local { return &transport.Local{} }

var Applications = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Module) },
}

var Fine = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fine, fx.Provide(newLocal))
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fine, fx.Provide(fx.Annotate(newSame, fx.As(new(transport.Transport)))))
	},
}

var fine = fx.Options(
	fx.Provide(NewMailer),
	fxevents.Listen((*Mailer).OnCreated, `async:"mail"`),
	fxevents.Receive(),
)
