// Package running builds applications, and does not know rollcall. // want package:"uses fx"
package running

import "go.uber.org/fx"

// New builds an application of some options.
func New(options ...fx.Option) *fx.App {
	return fx.New(fx.NopLogger, fx.Options(options...))
}
