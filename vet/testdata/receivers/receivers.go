// Package receivers has receiver keys that no listener has. // want package:"uses rollcall"
package receivers

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

func (*Mailer) OnDeleted(context.Context, *recipes.Deleted) error { return nil }

func (*Mailer) OnUnheard(context.Context, *recipes.Unheard) error { return nil }

var Module = fx.Module("receivers",
	fx.Provide(NewMailer),
	fxevents.Listen((*Mailer).OnCreated, `async:"mail"`),
	fxevents.Transport(func() (transport.Transport, error) { return &transport.Local{}, nil }),
)

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, recipes.Module, Module,
			fxevents.Module(
				fxevents.Subscription(transport.Subscription{Key: "mial", MaxInFlight: 2}), // want `fxevents.Subscription at receivers/receivers.go:\d+: no listener has the receiver key "mial", did you mean mail\?`
			),
			fxevents.Receive("mial"),                    // want `fxevents.Receive at receivers/receivers.go:\d+: no listener has the receiver key "mial", did you mean mail\?`
			fxevents.Inbox(&transport.Recent{}, "mial"), // want `fxevents.Inbox at receivers/receivers.go:\d+: no listener has the receiver key "mial", did you mean mail\?`
			fxevents.ReceivedElsewhere("mail", "pfd"),   // want `fxevents.ReceivedElsewhere at receivers/receivers.go:\d+: no listener has the receiver key "pfd": correct it`
		)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module,
			fxevents.Receive("mail"), // want `fxevents.Receive at .*: no listener is asynchronous: give a listener's tag a receiver key, as async:"mail", or drop this option`
		)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.NamedProvider("second", "second")), recipes.Module, Module,
			fxevents.Listen((*Mailer).OnDeleted, `async:"mail" group:"second"`),     // want `receivers.Mailer .* is asynchronous, but it is in the group second, and only the provider without a name publishes events: drop the tag's async, or its group`
			fxevents.Listen((*Mailer).OnDeleted, `id:"a" async:"a b"`),              // want `a .* is asynchronous, but the key has a space or one of \* > /`
			fxevents.Listen((*Mailer).OnUnheard, `id:"b" async:"mail"`),             // want `b .* is asynchronous, but its event \*recipes.Unheard can't be published without a name: declare it with one`
			fxevents.Listen((*Mailer).OnCreated, `id:"c" after:"receivers.Mailer"`), // want `c .* must run after receivers.Mailer .*, which a dispatch does not wait for, because its receiver key is mail: drop the hint, or make c asynchronous with the same key`
		)
	},
}
