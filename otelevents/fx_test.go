package otelevents_test

import (
	"context"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

type (
	created  struct{ id string }
	archived struct{ id string }
	unheard  struct{}
	archiver struct {
		archived *rollcall.Emitter[*archived]
	}
	indexer struct{}
)

func newArchiver(e *rollcall.Emitter[*archived]) *archiver { return &archiver{e} }

func (a *archiver) Handle(ctx context.Context, c *created) error {
	return a.archived.Emit(ctx, &archived{c.id})
}

func newIndexer() *indexer { return &indexer{} }

func (*indexer) OnCreated(context.Context, *created) error { return nil }

func (*indexer) OnArchived(context.Context, *archived) error { return errFailed }

// An application's emitters and dispatcher report, by the declared names.
func TestFxApplication(t *testing.T) {
	o := newTelemetry()
	app := fx.New(
		fx.NopLogger,
		fxevents.Module(fxevents.Policy(rollcall.Observe(o.observer))),
		fxevents.Event[*created]("recipe.created"),
		fxevents.Event[*archived]("recipe.archived"),
		fxevents.Event[*unheard]("recipe.unheard"),
		fx.Provide(newIndexer),
		fxevents.AsListener(newArchiver, `id:"archiver" priority:"last"`),
		fxevents.Listen((*indexer).OnCreated, `id:"indexer"`),
		fxevents.Listen((*indexer).OnArchived, `id:"indexer"`),
		fx.Invoke(func(c *rollcall.Emitter[*created], u *rollcall.Emitter[*unheard], d rollcall.Dispatcher) error {
			_ = c.Emit(ctx, &created{"7"})
			_ = u.Emit(ctx, &unheard{})
			return d.Dispatch(ctx, &unheard{})
		}),
	)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	check(t, "spans", "\n"+o.tree(), `
dispatch recipe.created {error.type=*errors.errorString,event.name=recipe.created} Error: listener archiver of recipe.created: listener indexer of recipe.archived: failed
  call indexer {event.name=recipe.created,listener.id=indexer,listener.index=0}
  call archiver {error.type=*errors.errorString,event.name=recipe.created,listener.id=archiver,listener.index=1} Error: listener indexer of recipe.archived: failed +exception(*rollcall.ListenerError, listener indexer of recipe.archived: failed)
    dispatch recipe.archived {error.type=*errors.errorString,event.name=recipe.archived} Error: listener indexer of recipe.archived: failed
      call indexer {error.type=*errors.errorString,event.name=recipe.archived,listener.id=indexer,listener.index=0} Error: failed +exception(*errors.errorString, failed)
`)
	check(t, "metrics", "\n"+o.measured(t), `
dispatch.duration {event.name=recipe.archived} 1 s
dispatch.duration {event.name=recipe.created} 1 s
dispatches {event.name=recipe.archived} 1 {dispatch}
dispatches {event.name=recipe.created} 1 {dispatch}
dispatches {event.name=recipe.unheard} 2 {dispatch}
listener.duration {event.name=recipe.archived,listener.id=indexer} 1 s
listener.duration {event.name=recipe.created,listener.id=archiver} 1 s
listener.duration {event.name=recipe.created,listener.id=indexer} 1 s
listener.errors {event.name=recipe.archived,listener.id=indexer} 1 {error}
listener.errors {event.name=recipe.created,listener.id=archiver} 1 {error}
`)
}
