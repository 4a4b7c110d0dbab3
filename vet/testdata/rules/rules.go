// Package rules has rules of the application that name what it does not have. // want package:"uses rollcall"
package rules

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Log struct{}

func NewLog() *Log { return &Log{} }

func (*Log) Handle(*recipes.Created) {}

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(
			fxevents.Sequence("recipe.creatd", "rules.Log"),   // want `fxevents.Sequence at rules/rules.go:20: the application has no event or list recipe.creatd, did you mean recipe.created\?`
			fxevents.Sequence("recipe.created", "rules.Logg"), // want `a sequence \(rules/rules.go:21\) names rules.Logg, but no listener has that ID: did you mean rules.Log\?`
			fxevents.Off("recipe.created", "a,b"),             // want `fxevents.Off at rules/rules.go:22: an ID must not hold a comma: "a,b"`
			fxevents.Off("", "a"),                             // want `fxevents.Off at rules/rules.go:23: it names no event: write an event, a list, or "\*" for all`
			fxevents.Off("*", "@indx"),                        // want `off \(rules/rules.go:24\) names @indx, but no listener has that label: did you mean @index\?`
		), recipes.Module, fxevents.AsListener(NewLog))
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(
			fxevents.Sequence("recipe.created", "rules.Log", "recipes.Indexer"),
		), recipes.Module, fxevents.AsListener(NewLog, `after:"recipes.Indexer"`)) // want `rules.Log must run after recipes.Indexer .*,\nand recipes.Indexer .* must run after rules.Log, by a sequence .*: drop one of the hints`
	},
}

// Fine switches off what would be a cycle.
var Fine = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(
			fxevents.Sequence("recipe.created", "rules.Log", "recipes.Indexer"),
			fxevents.Off("recipe.created", "rules.Log"),
		), recipes.Module, fxevents.AsListener(NewLog, `after:"recipes.Indexer"`))
	},
}
