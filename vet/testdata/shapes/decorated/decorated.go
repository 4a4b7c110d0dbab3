// Package decorated changes by fx.Decorate and fx.Replace what others provide. // want package:"uses rollcall"
package decorated

import (
	"slices"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

type Rule struct{ Name string }

type Checked struct{}

type Checker struct{ rules []Rule }

func NewChecker(rules []Rule) *Checker { return &Checker{rules} }

func (*Checker) Handle(*Checked) {}

// Application decorates a list and the dispatcher, and replaces a component.
func Application() fx.Option {
	return fx.Options(
		fxevents.Module(),
		fxevents.Event[*Checked]("checked"),
		fxevents.Ordered[Rule]("rules"),
		fxevents.ContributeValue(Rule{"b"}, `id:"b" after:"a"`),
		fxevents.ContributeValue(Rule{"a"}, `id:"a"`),
		fxevents.AsListener(NewChecker),
		fx.Decorate(func(rules []Rule) []Rule { return slices.Clone(rules) }),
		fx.Decorate(func(d rollcall.Dispatcher) rollcall.Dispatcher {
			return rollcall.NewBuffered(d, func(any) bool { return false })
		}),
		fx.Invoke(func(*rollcall.Emitter[*Checked]) {}),
	)
}
