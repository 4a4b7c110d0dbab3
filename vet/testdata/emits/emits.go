// Package emits has constructors that emit before the listeners are assembled. // want package:"uses rollcall"
package emits

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Log struct{}

func NewLog(created *rollcall.Emitter[*recipes.Created]) (*Log, error) {
	return &Log{}, created.Emit(context.Background(), &recipes.Created{}) // want `the event listeners are not assembled yet: dispatch from a hook of fx.Lifecycle, or from an fx.Invoke that stands after fxevents.Module, not from a constructor`
}

func (*Log) Handle(*recipes.Created) {}

type in struct {
	fx.In

	Dispatcher rollcall.Dispatcher
}

type Store struct{}

func NewStore(in in) (*Store, error) {
	return &Store{}, in.Dispatcher.Dispatch(context.Background(), &recipes.Deleted{}) // want `the event listeners are not assembled yet`
}

type Mailer struct{}

func NewMailer(*Store) *Mailer { return &Mailer{} }

func (*Mailer) OnCreated(context.Context, *recipes.Created) error { return nil }

// Late emits when the application starts.
type Late struct{}

func NewLate(lc fx.Lifecycle, created *rollcall.Emitter[*recipes.Created]) *Late {
	lc.Append(fx.StartHook(func(ctx context.Context) error { return created.Emit(ctx, &recipes.Created{}) }))
	return &Late{}
}

func (*Late) Handle(*recipes.Created) {}

// Alone is built by an invoke after Module, so it may emit.
type Alone struct{}

func NewAlone(created *rollcall.Emitter[*recipes.Created]) (*Alone, error) {
	return &Alone{}, created.Emit(context.Background(), &recipes.Created{})
}

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fxevents.AsListener(NewLog))
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fx.Provide(NewStore, NewMailer), fxevents.Listen((*Mailer).OnCreated))
	},
}

var Fine = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fxevents.AsListener(NewLate))
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, fx.Provide(NewAlone), fx.Invoke(func(*Alone) {}))
	},
}
