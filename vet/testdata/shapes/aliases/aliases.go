// Package aliases gives other names to what it imports. // want package:"uses rollcall"
package aliases

import (
	. "go.uber.org/fx"

	events "github.com/rollcall-go/rollcall/fxevents"
	text "github.com/rollcall-go/rollcall/tags"
)

type Ping struct{}

// Pinged is another name of Ping.
type Pinged = Ping

// Hint is another name of Tag.
type Hint = text.Tag

type Pong struct{}

func NewPong() *Pong { return &Pong{} }

func (*Pong) Handle(*Pinged) {}

type Net struct{}

func NewNet() *Net { return &Net{} }

func (*Net) Handle(*Ping) {}

const (
	netID         = "aliases.Net"
	afterNet      = `after:"` + netID + `"`
	hint     Hint = afterNet + ` priority:"-1"`
)

var listen = events.AsListener

var module = Module("aliases", listen(NewNet), events.AsListener(NewPong, hint))

// Application has a dot before its import of fx.
func Application() Option {
	return Options(events.Module(), events.Event[*Ping]("ping"), module)
}
