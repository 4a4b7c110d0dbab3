package tests

import (
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/fxeventstest"
	"github.com/rollcall-go/rollcall/vet/testdata/building"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

// Package fxtest fails the test if the application does not start.
func TestStarts(t *testing.T) {
	fxtest.New(t, recipes.Module, Module,
		fxevents.AsListener(NewLog, `id:"1" evnt:"x"`),               // want `unknown key "evnt", did you mean event\?`
		fxevents.AsListener(NewLog, `id:"2" after:"recipes.Indxer"`), // want `2 .* must run after recipes.Indxer, but no listener has that ID`
	)
}

func TestOrder(t *testing.T) {
	fxeventstest.Order(t, "order.txt", recipes.Module, Module, fxevents.AsListener(NewLog, `id:"3" event:"recipe.creatd"`)) // want `3 .* listens to recipe.creatd, but no event has that name`
}

func built(t *testing.T, options ...fx.Option) *fxtest.App {
	return fxtest.New(t, recipes.Module, fxevents.Module(), fx.Options(options...))
}

func TestBuilt(t *testing.T) {
	built(t, fxevents.AsListener(NewLog, `id:"4" priority:"x" after:"recipes.Indxer"`)) // want `invalid priority "x"` `4 .* must run after recipes.Indxer, but no listener has that ID`
	built(t, fxevents.AsListener(NewLog, `id:"5" after:"recipes.Indexer"`))
}

// This one is about the error.
func TestError(t *testing.T) {
	app := fx.New(fx.NopLogger, recipes.Module, Module,
		fxevents.AsListener(NewLog, `id:"1" evnt:"x"`),
		fxevents.AsListener(NewLog, `id:"2" after:"recipes.Indxer"`),
	)
	if app.Err() == nil {
		t.Error("it has no error")
	}
}

// So are these.
func TestErrorOfNew(t *testing.T) {
	for _, app := range []*fx.App{
		New(fxevents.AsListener(NewLog, `id:"1" after:"recipes.Indxer"`)),
		building.New(fxevents.AsListener(NewLog, `id:"2" after:"recipes.Indxer"`)),
	} {
		if app.Err() == nil {
			t.Error("it has no error")
		}
	}
}
