// Package events has listeners that their events can't reach. // want package:"uses rollcall"
package events

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type A struct{}

func NewA() *A { return &A{} }

func (*A) Handle(*recipes.Created) {}

func (*A) Direct(recipes.Deleted) {}

var Module = fx.Module("events",
	fxevents.AsListener(NewA, `id:"1" event:"recipe.deleted"`),         // want `1 \(events/events.go:21\) takes \*recipes.Created, but listens to recipe.deleted, which is a \*recipes.Deleted \(recipes/recipes.go:32\): correct the tag's event or the parameter`
	fxevents.AsListener(NewA, `id:"2" event:"recipe.creatd"`),          // want `2 .* listens to recipe.creatd, but no event has that name: did you mean recipe.created\? Otherwise declare it, or drop the tag's event to listen to \*recipes.Created`
	fxevents.AsListener(NewA, tags.On[*recipes.Deleted](tags.ID("3"))), // want `3 .* takes \*recipes.Created, but listens to recipe.deleted`
	fxevents.AsListener(NewA, `id:"4" event:"something.else"`),         // want `4 .* listens to something.else, but no event has that name: declare it, or drop`
	fxevents.AsListener(NewA, `id:"5" method:"Direct"`),                // want `5 .* takes recipes.Deleted, which nobody declares, but the event is \*recipes.Deleted \(recipes/recipes.go:32\): take that, or declare recipes.Deleted, too`
	fxevents.AsListener(NewA, `id:"6" event:"recipes.Created"`),
)

var Applications = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Module) },
}
