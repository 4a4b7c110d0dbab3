// Package recipes declares the events that the other packages listen to. // want package:"uses rollcall"
package recipes

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

type Created struct{ ID string }

type Deleted struct{ ID string }

// Unheard is an event that nobody declares.
type Unheard struct{}

type Indexer struct{}

func NewIndexer() *Indexer { return &Indexer{} }

func (*Indexer) Handle(*Created) {}

type Service struct{}

func NewService(*rollcall.Emitter[*Created]) *Service { return &Service{} }

type Middleware func(string) string

var Module = fx.Module("recipes",
	fxevents.Event[*Created]("recipe.created"),
	fxevents.Event[*Deleted]("recipe.deleted"),
	fxevents.AsListener(NewIndexer, `labels:"index"`),
	fxevents.Ordered[Middleware]("recipe.middleware"),
	fx.Provide(NewService),
)
