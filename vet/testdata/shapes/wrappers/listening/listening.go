// Package listening wraps calls of package fxevents. // want package:"uses rollcall"
package listening

import (
	"fmt"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

// Group is the value group of the listeners of a provider.
const Group = "audit_listener"

// Of registers a constructor of a listener under an ID.
func Of(id string, constructor any, options ...tags.Option) fx.Option {
	return fxevents.AsListener(constructor, tags.Place(append(options, tags.ID(id))...))
}

// All registers constructors.
func All(constructors ...any) fx.Option {
	var options []fx.Option
	for i, c := range constructors {
		options = append(options, Of(fmt.Sprint("n", i), c))
	}
	return fx.Options(options...)
}

// AsListener is fxevents.AsListener with another meaning of its text.
func AsListener(text string) fx.Option { return fx.Supply(text) }

// Later says that a listener is asynchronous.
func Later(constructor any, key string) fx.Option {
	return fx.Options(fxevents.AsListener(constructor, tags.Place(tags.Async(key))), fxevents.Receive(key))
}
