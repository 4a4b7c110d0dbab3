// Package groups has components in value groups that no provider collects. // want package:"uses rollcall"
package groups

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/vet/testdata/groups/plain"
	"github.com/rollcall-go/rollcall/vet/testdata/recipes"
)

type Indexer struct{}

func NewIndexer() *Indexer { return &Indexer{} }

func (*Indexer) Handle(*recipes.Created) {}

type out struct {
	fx.Out

	Indexer  *Indexer          `group:"event_listener"`
	Listener rollcall.Listener `group:"event_listener"`
}

func newOut() out {
	return out{Listener: rollcall.NewListener[*recipes.Created]("made", func(*recipes.Created) {})}
}

var Applications = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(fxevents.NamedProvider("audit", "audit_listener")), recipes.Module,
			fxevents.AsListener(NewIndexer, `group:"audit_listner"`), // want `groups.NewIndexer \(groups/groups.go:15\), registered at groups/groups.go:33: no provider collects the group audit_listner, did you mean audit_listener\?`
			fxevents.AsListener(NewIndexer, `id:"2" group:"x"`),      // want `no provider collects the group x: give fxevents.Module an fxevents.NamedProvider for it`
		)
	},
}

// Silent has components that nothing calls, and that the container can't see.
var Silent = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module,
			fx.Provide(newOut), // want `groups.newOut \(groups/groups.go:26\) puts a \*groups.Indexer into the group event_listener, which collects rollcall.Listener values only, so nothing calls it: pass its constructor to fxevents.AsListener`
			fx.Provide(fx.Annotate(NewIndexer, fx.ResultTags(`group:"event_listener"`))), // want `groups.NewIndexer .* puts a \*groups.Indexer into the group event_listener`
			fx.Provide(fx.Annotated{Group: "event_listener", Target: NewIndexer}),        // want `groups.NewIndexer .* puts a \*groups.Indexer into the group event_listener`
			plain.Module, // want `plain.NewLog \(plain/plain.go:\d+\) puts a \*plain.Log into the group event_listener`
		)
	},
}

// Fine has a consumer of its own for the group, or may have one.
var Fine = []func() *fx.App{
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module,
			fx.Provide(fx.Annotate(NewIndexer, fx.ResultTags(`group:"event_listener"`))),
			fx.Invoke(fx.Annotate(func([]*Indexer) {}, fx.ParamTags(`group:"event_listener"`))),
		)
	},
	func() *fx.App {
		return fx.New(fx.NopLogger, fxevents.Module(), recipes.Module,
			fx.Provide(fx.Annotate(NewIndexer, fx.ResultTags(`group:"event_listener"`))),
			fx.Invoke(fx.Annotate(func([]*Indexer) {}, fx.ParamTags(tag()))),
		)
	},
}

func tag() string { return `group:"event_listener"` }
