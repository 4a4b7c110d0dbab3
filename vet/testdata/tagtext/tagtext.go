// Package tagtext has mistakes in the text of tags. // want package:"uses rollcall"
package tagtext

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type A struct{}

func NewA() *A { return &A{} }

func (*A) Handle(*recipes.Created) {}

func (*A) On(context.Context, *recipes.Created) error { return nil }

const misspelt = `prioritty:"1"`

var folded = tags.OnName("recipe.created", tags.ID("a,b")) // want `an ID must not hold a comma: "a,b"`

var Module = fx.Module("tagtext",
	fx.Provide(NewA),
	fxevents.AsListener(NewA, `id:"1" evnt:"recipe.created"`), // want `tagtext.NewA \(tagtext/tagtext.go:17\), registered at tagtext/tagtext.go:29: tag .*column 8: unknown key "evnt", did you mean event\? The keys are`
	fxevents.AsListener(NewA, `id:"2" priority:"high"`),       // want `invalid priority "high": write first, last or a whole number`
	fxevents.AsListener(NewA, `id:"3" `+misspelt),             // want `unknown key "prioritty", did you mean priority\?`
	fxevents.AsListener(NewA, folded),
	fxevents.AsListener(NewA, tags.Place(tags.ID("5"), tags.After("x", ""))),           // want `empty target "": write the ID of a listener` `5 .* must run after x, but no listener has that ID: correct it`
	fxevents.AsListener(NewA, `id:"6" after: "x"`),                                     // want `drop the space before the value of after`
	fxevents.Listen((*A).On, `id:"7" method:"On"`),                                     // want `the tag names a method, but Listen already has one: drop method from the tag`
	fxevents.Listen((*A).On, tags.Place(tags.ID("8"), tags.Last, tags.Priority(3))),    // want `key priority appears twice`
	fxevents.Listen((*A).On, "id:\"9\" lables:\"x\" priority:\"x\""),                   // want `unknown key "lables", did you mean labels\?(.|\n)*invalid priority "x"`
	fxevents.Contribute[recipes.Middleware](NewLogging, `event:"x"`),                   // want `the tag has the key event, but a contribution goes to the list of its type: drop event from the tag`
	fxevents.Contribute[recipes.Middleware](NewCounting, `id:"c"`, `priority:"first"`), // want `it has more than one tag: write one`
)

func NewLogging() recipes.Middleware { return func(s string) string { return s } }

func NewCounting() recipes.Middleware { return NewLogging() }

func NewMade() rollcall.Listener {
	return rollcall.NewListener[*recipes.Created]("made", func(*recipes.Created) {}, `id:"x" prority:"1"`) // want `listener made \(tagtext/tagtext.go:\d+\) can't be used: tag .* unknown key "prority", did you mean priority\?(.|\n)*its tag may have the keys event, priority, labels, before, after and async only`
}

func NewLazy() rollcall.Listener {
	build := func() (func(context.Context, *recipes.Created) error, error) { return nil, nil }
	return rollcall.Lazy("lazy", build, `priority:"1"`, `priority:"2"`) // want `listener lazy \(tagtext/tagtext.go:\d+\) can't be used: it has more than one tag: write one, or make a listener of each`
}

var Made = fx.Options(fxevents.AsListener(NewMade), fxevents.AsListener(NewLazy))

var Applications = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Module) },
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Made) },
}
