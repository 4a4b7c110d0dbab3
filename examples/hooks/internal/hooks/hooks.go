// Package hooks starts the parts of a program one after the other, and stops them in
// reverse. Modules contribute their parts to a list, in the order in which they start.
package hooks

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

// Hook starts with the program and stops with it.
type Hook interface {
	Start(context.Context) error
	Stop(context.Context) error
}

// Module declares the list and runs it with the application. Fx stops in reverse what it
// has started. If a part fails to start, those before it are stopped.
var Module = fx.Module("hooks",
	fxevents.Ordered[Hook]("app.hooks"),
	fx.Invoke(func(lc fx.Lifecycle, list []Hook) {
		for _, h := range list {
			lc.Append(fx.Hook{OnStart: h.Start, OnStop: h.Stop})
		}
	}),
)
