// Package worker has two applications of the same modules: one that serves and one that receives. // want package:"uses rollcall"
package worker

import (
	"context"
	"errors"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

type Ordered struct{ ID string }

type Mailer struct{}

func NewMailer() *Mailer { return &Mailer{} }

func (*Mailer) OnOrdered(context.Context, *Ordered) error { return nil }

// Modules are the same in both.
var Modules = fx.Options(
	fxevents.Event[*Ordered]("ordered", fxevents.Published("crm")),
	fx.Provide(NewMailer),
	fxevents.Listen((*Mailer).OnOrdered, `async:"mail"`),
)

// Settings are what the transport needs.
type Settings struct{ URL string }

func open(s Settings) (transport.Transport, error) {
	if s.URL == "" {
		return nil, errors.New("no URL")
	}
	return &transport.Local{}, nil
}

// Application is the one that serves. Its transport has a constructor with parameters.
func Application() fx.Option {
	return fx.Options(
		fxevents.Module(),
		Modules,
		fx.Supply(Settings{URL: "mem:"}),
		fx.Provide(open),
		fxevents.ReceivedElsewhere(),
	)
}

// Worker is the one that receives.
func Worker(keys ...string) fx.Option {
	return fx.Options(
		fxevents.Module(fxevents.Subscription(transport.Subscription{Key: "mail", MaxInFlight: 2})),
		Modules,
		fx.Provide(fx.Annotate(func() *transport.Local { return &transport.Local{} }, fx.As(new(transport.Transport)))),
		fxevents.Receive(keys...),
	)
}

// NewServer emits in a hook, in a goroutine and later, which is early enough.
func NewServer(lc fx.Lifecycle, ordered *rollcall.Emitter[*Ordered]) func() error {
	emit := func() error { return ordered.Emit(context.Background(), &Ordered{}) }
	lc.Append(fx.Hook{OnStart: func(ctx context.Context) error { return ordered.Emit(ctx, &Ordered{}) }})
	return emit
}
