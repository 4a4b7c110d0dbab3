// Package results puts ready listeners into the group by results of constructors. // want package:"uses rollcall"
package results

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

type Saved struct{ Key string }

// Ready is what a constructor returns.
type Ready struct {
	fx.Out

	Store    *Store
	Listener rollcall.Listener   `group:"event_listener"`
	More     []rollcall.Listener `group:"event_listener,flatten"`
}

type Store struct{}

func (s *Store) keep(context.Context, *Saved) error { return nil }

func New() Ready {
	s := &Store{}
	return Ready{
		Store:    s,
		Listener: rollcall.NewListener[*Saved]("results.Store", s.keep),
		More:     []rollcall.Listener{rollcall.NewListener[*Saved]("results.Copy", s.keep)},
	}
}

type Index struct{}

func NewIndex(*Store) *Index { return &Index{} }

func (*Index) Handle(*Saved) {}

// Application names listeners that New returns.
func Application() fx.Option {
	return fx.Options(
		fxevents.Module(fxevents.Off("saved", "results.Supplied")),
		fxevents.Event[*Saved]("saved"),
		fx.Provide(New),
		fx.Provide(fx.Annotate(func(s *Store) rollcall.Listener {
			return rollcall.NewListener[*Saved]("results.Annotated", s.keep)
		}, fx.ResultTags(`group:"event_listener"`))),
		fx.Supply(fx.Annotated{Group: "event_listener", Target: rollcall.NewListener[*Saved]("results.Supplied", func(*Saved) {})}),
		fxevents.AsListener(NewIndex, `after:"results.Store,results.Copy,results.Annotated"`),
	)
}
