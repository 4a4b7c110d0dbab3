// Package listeners has constructors and methods that can't be listeners. // want package:"uses rollcall"
package listeners

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type A struct{}

func NewA() *A { return &A{} }

func (*A) Handle(*recipes.Created) {}

func (*A) OnCreated(context.Context, *recipes.Created) error { return nil }

func (*A) Wrong(int, string) {}

func (*A) Only(context.Context) error { return nil }

type Mute struct{}

func NewMute() Mute { return Mute{} }

type OnlyOne struct{}

func NewOnlyOne() *OnlyOne { return &OnlyOne{} }

func (*OnlyOne) Created(*recipes.Created) {}

type Several struct{}

func NewSeveral() *Several { return &Several{} }

func (*Several) Subscriptions() []rollcall.Listener { return nil }

func Itself(*recipes.Created) error { return nil }

func NewTwo() (*A, *Mute) { return nil, nil }

func NewFunc() func(*recipes.Created) { return func(*recipes.Created) {} }

func NewListener() rollcall.Listener {
	return rollcall.NewListener[*recipes.Created]("made", func(*recipes.Created) {})
}

var Module = fx.Module("listeners",
	fxevents.AsListener(NewA, `id:"1" method:"OnCreatd"`),            // want `\*listeners.A has no method OnCreatd, did you mean OnCreated\?`
	fxevents.AsListener(NewA, `id:"2" method:"Nothing"`),             // want `\*listeners.A has no method Nothing$`
	fxevents.AsListener(NewA, `id:"3" method:"Wrong"`),               // want `method Wrong of \*listeners.A must have one of the forms func\(E\), .*; it is func\(int, string\)`
	fxevents.AsListener(NewA, `id:"4" method:"Only"`),                // want `method Only of \*listeners.A takes a context.Context and no event`
	fxevents.AsListener(NewMute),                                     // want `listeners.Mute has no method Handle: add one, or name another by the tag's method key$`
	fxevents.AsListener(NewOnlyOne),                                  // want `has no method Handle: add one, or name another by the tag's method key, as method:"Created"`
	fxevents.AsListener(NewSeveral, `priority:"1"`),                  // want `\*listeners.Several lists its own subscriptions: drop event, id, method`
	fxevents.AsListener(Itself),                                      // want `this is the listener itself: return it from a function, and give it an id`
	fxevents.AsListener(NewTwo),                                      // want `the constructor must return one listener, or a listener and an error, but it is func\(\) \(\*listeners.A, \*listeners.Mute\): for more`
	fxevents.AsListener(NewFunc),                                     // want `a listener that is a plain func\(\*recipes.Created\) needs an ID: give its tag an id`
	fxevents.AsListener(NewListener, `method:"X"`),                   // want `a rollcall.Listener has its function: drop method from its tag`
	fxevents.AsListener(&A{}),                                        // want `the listener registered at listeners/listeners.go:64: AsListener takes a constructor function, not a \*listeners.A: pass a function that returns it`
	fxevents.AsListener(fx.Annotate(NewA, fx.ParamTags(`name:"x"`))), // want `AsListener takes a constructor function, not a fx.annotated: pass the constructor itself, and name its parameters with a struct that embeds fx.In`
	fxevents.Listen[*A, *recipes.Created](nil),                       // want `the method is nil`
	fxevents.Listen((*A).OnCreated, `id:"fine" event:"recipe.created"`),
	fx.Provide(NewA),
)

var Applications = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Module) },
}
