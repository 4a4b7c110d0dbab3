// Package contributions has constructors and values that a list can't hold. // want package:"uses rollcall"
package contributions

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Closer interface{ Close() }

type Pointed struct{}

func (*Pointed) Close() {}

type Open struct{}

type Wrap func(string) string

func NewPointed() Pointed { return Pointed{} }

func NewOpen() *Open { return &Open{} }

func NewWrap() Wrap { return nil }

func NewBoth() (Closer, Closer) { return nil, nil }

func Same(s string) string { return s }

func New[T any]() recipes.Middleware { return Same }

var Module = fx.Module("contributions",
	fxevents.Ordered[Closer]("closers"),
	fxevents.Contribute[Closer](NewPointed),                                          // want `contributions.NewPointed \(contributions/contributions.go:21\), contributed at contributions/contributions.go:35: it returns contributions.Pointed, which is not a contributions.Closer: return a \*contributions.Pointed`
	fxevents.Contribute[Closer](NewOpen),                                             // want `it returns \*contributions.Open, which is not a contributions.Closer: it has no method Close`
	fxevents.Contribute[recipes.Middleware](NewWrap),                                 // want `it returns contributions.Wrap, which is not a recipes.Middleware: convert it to recipes.Middleware`
	fxevents.Contribute[Closer](NewBoth),                                             // want `the constructor must return one contributions.Closer, or one and an error, but it is func\(\) \(contributions.Closer, contributions.Closer\): contribute each value by a call of its own`
	fxevents.Contribute[Closer](&Pointed{}),                                          // want `this is a contributions.Closer itself, not a constructor of one: pass it to fxevents.ContributeValue`
	fxevents.Contribute[recipes.Middleware](Same),                                    // want `this is a recipes.Middleware itself, not a constructor of one: pass it to fxevents.ContributeValue`
	fxevents.Contribute[Closer](3),                                                   // want `Contribute takes a constructor function, not a int: pass a function that returns it`
	fxevents.Contribute[recipes.Middleware](New[int]),                                // want `the instances of a generic function share one name: give its tag an id`
	fxevents.ContributeValue[recipes.Middleware](nil),                                // want `the value is a nil recipes.Middleware: pass a value`
	fxevents.ContributeValue[recipes.Middleware](func(s string) string { return s }), // want `a function literal has no name of its own: give its tag an id`
	fxevents.ContributeValue[recipes.Middleware](Same, `id:"fine"`),
)

var Applications = []func() *fx.App{
	func() *fx.App { return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module, Module) },
}
