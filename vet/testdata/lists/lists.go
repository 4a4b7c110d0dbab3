// Package lists has lists that nobody declares, and names that lists can't have. // want package:"uses rollcall"
package lists

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Migration func() error

type Middlewear func(string) string

type Hook struct{ Name string }

type Step struct{}

func NewFirst() Migration { return func() error { return nil } }

func NewSecond() Migration { return NewFirst() }

func NewAuth() Middlewear { return func(s string) string { return s } }

func NewHook() Hook { return Hook{} }

func NewAfter() recipes.Middleware { return recipes.Middleware(NewAuth()) }

func NewBefore() recipes.Middleware { return NewAfter() }

var Module = fx.Module("lists",
	fxevents.Contribute[Migration](NewFirst), // want `lists.NewFirst \(lists/lists.go:19\), contributed at lists/lists.go:32: nobody declares a list of lists.Migration, to which this and 1 more contribute: add fxevents.Ordered\[lists.Migration\]\("a.name"\) to the module that defines the type`
	fxevents.Contribute[Migration](NewSecond),
	fxevents.Contribute[Middlewear](NewAuth), // want `nobody declares a list of lists.Middlewear, to which this contributes: did you mean recipe.middleware, the list of recipes.Middleware\? Otherwise add`
)

var Named = fx.Module("named",
	fxevents.Ordered[Hook](""),               // want `fxevents.Ordered\(""\) at lists/lists.go:38: a list needs a name: order files and reports call it by that`
	fxevents.Ordered[*Hook]("*"),             // want `a list can't be named \*, which stands for all lists and events: give it another name`
	fxevents.Ordered[Step]("recipe.created"), // want `fxevents.Ordered\("recipe.created"\) at .*: the event recipe.created \(recipes/recipes.go:31\) has that name: an event and a list can't have one name`
	fxevents.Ordered[*Step]("steps"),
	fxevents.Ordered[[]Step]("steps"), // want `the list declared at lists/lists.go:41 has that name: give each a name of its own`
)

var Placed = fx.Module("placed",
	fxevents.Contribute[recipes.Middleware](NewAfter, `after:"lists.Befor"`),      // want `lists.After \(lists/lists.go:46\) must run after lists.Befor, but nothing in a list has that ID: did you mean lists.Before\?`
	fxevents.Contribute[recipes.Middleware](NewBefore, `after:"recipes.Indexer"`), // want `lists.Before .* must run after recipes.Indexer, but recipes.Indexer .* is not in the list recipe.middleware: drop the hint`
)

var Applications = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Module) },
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Named) },
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Placed) },
}
