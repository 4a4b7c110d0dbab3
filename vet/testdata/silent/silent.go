// Package silent has applications that are fine, and whose options are not all understood. // want package:"uses rollcall"
package silent

import (
	"context"
	"os"
	"strings"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Log struct{}

func NewLog() *Log { return &Log{} }

func (*Log) Handle(*recipes.Created) {}

func (*Log) OnCreated(context.Context, *recipes.Created) error { return nil }

type Several struct{}

func NewSeveral() *Several { return &Several{} }

func (*Several) Subscriptions() []rollcall.Listener {
	return []rollcall.Listener{rollcall.NewListener[*recipes.Created]("several.First", func(*recipes.Created) {})}
}

type out struct {
	fx.Out

	Listener rollcall.Listener `group:"event_listener"`
}

func newOut() out {
	return out{Listener: rollcall.NewListener[*recipes.Created]("out.First", func(*recipes.Created) {})}
}

func looped() []fx.Option {
	var list []fx.Option
	for _, id := range []string{"looped.1", "looped.2"} {
		list = append(list, fxevents.AsListener(NewLog, tags.Place(tags.ID(id))))
	}
	return list
}

type config struct{ options fx.Option }

func (c config) build() fx.Option { return c.options }

func generic[E any](name string) fx.Option { return fxevents.Event[E](name) }

type Sent struct{}

func NewSent(*rollcall.Emitter[*Sent]) *Sent { return &Sent{} }

func after(id string) fx.Option {
	return fxevents.AsListener(NewLog, tags.Place(tags.ID("silent.Log"), tags.After(id)))
}

func swapped() fx.Option {
	option := fx.Options()
	set := func(o *fx.Option) { *o = fxevents.AsListener(NewLog, `id:"swapped"`) }
	set(&option)
	return option
}

func conditional(on bool) fx.Option {
	option := fxevents.AsListener(NewLog, `id:"same"`)
	if on {
		option = fxevents.AsListener(NewLog, `id:"same" priority:"first"`)
	}
	return option
}

func dynamic(name string) tags.Tag { return tags.OnName(name, tags.ID("dynamic")) }

func when(is bool, option fx.Option) fx.Option {
	if is {
		return option
	}
	return fx.Options()
}

// assembled adds to its parameter.
func assembled(options ...fx.Option) fx.Option {
	options = append(options, fx.NopLogger, fxevents.Module())
	return fx.Options(options...)
}

func loaded() ([]fx.Option, error) {
	return []fx.Option{fxevents.AsListener(NewLog, `id:"loaded"`)}, nil
}

func same(s string) string { return s }

var wraps = []func(string) string{same}

var list = []fx.Option{fx.NopLogger, fxevents.Module(), recipes.Module}

var Fine = []func() *fx.App{
	func() *fx.App { // a subscriber
		return fx.New(append(list, fxevents.AsListener(NewSeveral), after("several.First"))...)
	},
	func() *fx.App { // fx.Out
		return fx.New(append(list, fx.Provide(newOut), after("out.First"))...)
	},
	func() *fx.App { // a loop
		return fx.New(append(append(list, looped()...), after("looped.2"))...)
	},
	func() *fx.App { // a field
		return fx.New(append(list, config{fxevents.AsListener(NewLog, `id:"field"`)}.build(), after("field"))...)
	},
	func() *fx.App { // a generic function
		return fx.New(append(list, generic[*Sent]("sent"), fx.Provide(NewSent), fx.Invoke(func(*Sent) {}))...)
	},
	func() *fx.App { // a pointer
		return fx.New(append(list, swapped(), after("swapped"))...)
	},
	func() *fx.App { // one of two
		return fx.New(append(list, conditional(len(os.Args) > 0), after("same"))...)
	},
	func() *fx.App { // a name that is not constant
		return fx.New(append(list, fxevents.AsListener(NewLog, dynamic("recipe.created")), after("dynamic"))...)
	},
	func() *fx.App { // an element that is set later
		options := []fx.Option{fx.Options()}
		options[0] = fxevents.AsListener(NewLog, `id:"element"`)
		return fx.New(append(append(list, options...), after("element"))...)
	},
	func() *fx.App { // a listener that the container gets in another way
		made := rollcall.NewListener[*recipes.Created]("supplied", func(*recipes.Created) {})
		return fx.New(append(list, fx.Supply(fx.Annotate(made, fx.ResultTags(`group:"event_listener"`))), after("supplied"))...)
	},
	func() *fx.App { // an order file that is not there when the program is built
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.OrderFile(os.DirFS("testdata/silent"), "order.yaml")), recipes.Module, after("recipes.Indexer"))
	},
	func() *fx.App { // a component that a decorator makes
		return fx.New(append(list, fx.Provide(NewLog), fx.Decorate(func(l *Log) *Log { return l }), fxevents.Listen((*Log).OnCreated))...)
	},
	func() *fx.App { // a named and an optional parameter
		type in struct {
			fx.In

			Named    *rollcall.Emitter[Sent] `name:"sent" optional:"true"`
			Optional *rollcall.Emitter[Sent] `optional:"true"`
		}
		return fx.New(append(list, fx.Invoke(func(in) {}))...)
	},
	func() *fx.App { // an emitter that is provided without Event
		return fx.New(append(list, fx.Provide(func(d rollcall.Dispatcher) *rollcall.Emitter[*Sent] { return rollcall.NewEmitter[*Sent](d) }), fx.Provide(NewSent), fx.Invoke(func(*Sent) {}))...)
	},
	func() *fx.App { // a tag of a parameter that is not constant
		optional := strings.ToLower(`OPTIONAL:"TRUE"`)
		return fx.New(append(list, fx.Invoke(fx.Annotate(func(*rollcall.Emitter[Sent]) {}, fx.ParamTags(optional))))...)
	},
	func() *fx.App { // one of two results as an interface
		both := fx.Annotate(func() (*Several, *Log) { return NewSeveral(), NewLog() }, fx.As(new(rollcall.Subscriber)))
		return fx.New(append(list, fx.Provide(both), fxevents.Listen((*Log).OnCreated))...)
	},
	func() *fx.App { // a result as itself, and as an interface
		self := fx.Annotate(NewLog, fx.As(fx.Self()), fx.As(new(any)))
		return fx.New(append(list, fx.Provide(self), fxevents.Listen((*Log).OnCreated))...)
	},
	func() *fx.App { // an element of a slice of functions
		return fx.New(append(list, fxevents.ContributeValue[recipes.Middleware](wraps[0]))...)
	},
	func() *fx.App { // one of two parameters
		return fx.New(append(list,
			when(len(os.Args) > 0, fxevents.AsListener(NewLog, `id:"chosen"`)),
			when(len(os.Args) == 0, fxevents.AsListener(NewLog, `id:"chosen"`)),
		)...)
	},
	func() *fx.App { // a parameter that a function adds to
		return fx.New(assembled(recipes.Module, after("recipes.Indexer")))
	},
	func() *fx.App { // a parameter of a function literal
		build := func(options ...fx.Option) *fx.App {
			options = append(options, fx.NopLogger, fxevents.Module(), fxevents.AsListener(NewLog, `after:"recipes.Indexer"`))
			return fx.New(options...)
		}
		return build(recipes.Module)
	},
	func() *fx.App { // one of several results
		options, err := loaded()
		if err != nil {
			panic(err)
		}
		options = append(options, fx.NopLogger, fxevents.Module(), recipes.Module, fxevents.AsListener(NewLog, `after:"loaded"`))
		return fx.New(options...)
	},
	func() *fx.App { // a part of an application, validated without Module
		_ = fx.ValidateApp(fx.NopLogger, recipes.Module, after("gone"))
		return fx.New(fx.NopLogger)
	},
}
