// Package plain does not use rollcall. // want package:"uses fx"
package plain

import "go.uber.org/fx"

type Log struct{}

func NewLog() *Log { return &Log{} }

var Module = fx.Module("plain", fx.Provide(fx.Annotate(NewLog, fx.ResultTags(`group:"event_listener"`))))
