// Package targets has hints that no order can satisfy. // want package:"uses rollcall"
package targets

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type A struct{}

func NewA() *A { return &A{} }

func (*A) Handle(*recipes.Created) {}

func (*A) OnDeleted(context.Context, *recipes.Deleted) error { return nil }

var Module = fx.Module("targets",
	fx.Provide(NewA),
	fxevents.AsListener(NewA, `id:"1" after:"recipes.Indxer"`),                // want `1 \(targets/targets.go:24\) must run after recipes.Indxer, but no listener has that ID: did you mean recipes.Indexer\? Write "\?recipes.Indxer" if it may be absent`
	fxevents.AsListener(NewA, tags.Place(tags.ID("2"), tags.Before("@indx"))), // want `2 .* must run before @indx, but no listener has that label: did you mean @index\?`
	fxevents.AsListener(NewA, `id:"3" after:"?gone,@index"`),
	fxevents.Listen((*A).OnDeleted, `id:"4" before:"recipes.Indexer"`), // want `4 .* must run before recipes.Indexer on \*recipes.Deleted, but recipes.Indexer \(recipes/recipes.go:33\) does not listen to that: drop the hint`
	fxevents.AsListener(NewA, `id:"5" after:"6"`),                      // want `5 must run after 6 \(targets/targets.go:28\),\nand 6 must run after 5 .*: drop one of the hints`
	fxevents.AsListener(NewA, `id:"6" after:"5"`),
	fxevents.AsListener(NewA, `id:"7" labels:"own" after:"@own"`), // want `7 .* must run after @own, but has that label itself: drop the hint or the label`
)

var Applications = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Module) },
}
