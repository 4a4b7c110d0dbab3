// Package twice has what an application can have only once. // want package:"uses rollcall"
package twice

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
	mail "github.com/rollcall-go/rollcall/vet/testdata/twice/recipes"
)

type Placed struct{}

type Step struct{}

type Log struct{}

func NewLog() *Log { return &Log{} }

func (*Log) Handle(*recipes.Created) {}

func (*Log) Second(*recipes.Created) {}

var Listeners = fx.Options(
	fxevents.AsListener(NewLog),
	fxevents.AsListener(NewLog, `event:"recipe.created"`),           // want `twice.NewLog \(twice/twice.go:18\), registered at twice/twice.go:26: its ID twice.Log is that of the listener registered at twice/twice.go:25: pass all tags in one call of AsListener, drop one call, or give this one another id`
	fxevents.AsListener(NewLog, `id:"x"`, `id:"x" method:"Second"`), // want `x listens to \*recipes.Created twice \(twice/twice.go:27 and twice/twice.go:27\): drop one, or give it an ID of its own`
)

var Events = fx.Options(
	fxevents.Event[*Placed]("order.placed"),
	fxevents.Event[Placed]("order.placed"), // want `events \*twice.Placed and twice.Placed are both named order.placed \(twice/twice.go:31 and twice/twice.go:32\): give each a name of its own`
)

var SameEvent = fx.Options(
	fxevents.Event[*Placed]("order.placed"),
	fxevents.Event[*Placed]("order.sent"), // want `event \*twice.Placed is declared twice \(twice/twice.go:36 and twice/twice.go:37\): declare it once, where it is defined`
	fxevents.Ordered[Step]("steps"),
	fxevents.Ordered[Step]("more.steps"), // want `fxevents.Ordered\("more.steps"\) at twice/twice.go:39: the list steps declared at twice/twice.go:38 has the type twice.Step already: define a type for each list`
)

var Applications = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Listeners) },
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Events) },
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), SameEvent) },
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module,
			fxevents.Module(fxevents.Runtime()), // want `fxevents.Module at twice/twice.go:48: the application has fxevents.Module already, at twice/twice.go:47: pass it once, with all its options`
		)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, mail.Module) // want `two types are called recipes.Indexer: github.com/rollcall-go/rollcall/vet/testdata/twice/recipes.Indexer, registered at recipes/recipes.go:16, and github.com/rollcall-go/rollcall/vet/testdata/recipes.Indexer, registered at recipes/recipes.go:33: give one an ID in its tag, as id:"testdata/recipes.Indexer"`
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(),
			recipes.Module,
			fxevents.Event[*recipes.Deleted]("recipe.gone"), // want `event \*recipes.Deleted is declared twice \(twice/twice.go:57 and recipes/recipes.go:32\): declare it once, where it is defined`
		)
	},
}
