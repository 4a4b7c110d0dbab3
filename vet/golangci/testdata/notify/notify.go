// Package notify has a misspelt key. // want package:"uses rollcall"
package notify

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

type Created struct{}

type Mailer struct{}

func NewMailer() *Mailer { return &Mailer{} }

func (*Mailer) Handle(*Created) {}

var Module = fx.Module("notify",
	fxevents.AsListener(NewMailer, `afer:"search.Indexer"`), // want `unknown key "afer", did you mean after\?`
)
