package fxevents

import (
	"fmt"

	"go.uber.org/fx"
)

// maybeModule has the assembly, or nil if Module is not among the options.
type maybeModule struct {
	fx.In

	Module module `optional:"true"`
}

// require returns an error that names an option and its place if there is no module.
func (m maybeModule) require(option, at string) error {
	if m.Module != nil {
		return nil
	}
	return &AssemblyError{Problems: []error{fmt.Errorf(
		"%s at %s: the application has no fxevents.Module: add fxevents.Module() to the options of fx.New, before the modules that declare events", option, at)}}
}

// needsModule returns an option that fails if Module is not among the options. The
// container alone would ignore the option that it stands for. Listen and AsListener do
// without it: for each listener, it would add 40 % to what the container allocates, and two
// lines to Fx's log.
func needsModule(option, at string) fx.Option {
	return fx.Invoke(func(m maybeModule) error { return m.require(option, at) })
}
