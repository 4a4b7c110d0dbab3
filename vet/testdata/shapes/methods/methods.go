// Package methods registers methods of embedded types, method values, and functions of variables. // want package:"uses rollcall"
package methods

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

type (
	Sent   struct{}
	Failed struct{}
)

type base struct{}

func (base) Handle(context.Context, *Sent) error { return nil }

func (*base) OnFailed(context.Context, *Failed) error { return nil }

// Mailer has the methods of base.
type Mailer struct{ *base }

func NewMailer() Mailer { return Mailer{&base{}} }

// handler is an interface that a constructor returns.
type handler interface {
	Handle(context.Context, *Sent) error
}

func NewHandler() handler { return NewMailer() }

// factory has constructors as methods.
type factory struct{ name string }

func (f *factory) New() *Mailer { return &Mailer{&base{}} }

func (f *factory) Tag() tags.Tag { return tags.Tag(`id:"` + f.name + `"`) }

type Func func(*Sent) error

func NewFunc() (Func, error) { return func(*Sent) error { return nil }, nil }

// Application uses each.
func Application() fx.Option {
	f := &factory{name: "factory"}
	onFailed := Mailer.OnFailed
	build := f.New
	return fx.Options(
		fxevents.Module(),
		fxevents.Event[*Sent]("sent"),
		fxevents.Event[*Failed]("failed"),
		fx.Provide(NewMailer),
		fxevents.AsListener(NewMailer, `priority:"2"`),
		fxevents.AsListener(NewHandler, `id:"handler"`),
		fxevents.AsListener(f.New, f.Tag()),
		fxevents.AsListener(build, tags.On[*Sent](tags.ID("built"), tags.After("factory", "handler"))),
		fxevents.AsListener((*factory)(nil).New, `id:"nil.factory"`),
		fxevents.AsListener(NewFunc, `id:"func" before:"built"`),
		fxevents.Listen(onFailed, `id:"failed"`),
		fxevents.Listen(Mailer.OnFailed, `id:"failed.again" after:"failed"`),
		fxevents.Listen(func(m Mailer, ctx context.Context, e *Failed) error { return m.OnFailed(ctx, e) }, `id:"literal"`),
	)
}
