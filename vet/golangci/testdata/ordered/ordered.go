// Package ordered has an order file with a misspelt event. // want package:"uses rollcall"
package ordered

import (
	"embed"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

//go:embed order.yaml
var files embed.FS

type Placed struct{}

type Mailer struct{}

func NewMailer() *Mailer { return &Mailer{} }

func (*Mailer) Handle(*Placed) {}

func New() *fx.App {
	return fx.New(
		fxevents.Module(
			fxevents.OrderFile(files, "order.yaml"), // want `order.yaml:2:3: the application has no event or list order.placd, did you mean order.placed\?`
		),
		fxevents.Event[*Placed]("order.placed"),
		fxevents.AsListener(NewMailer),
	)
}
