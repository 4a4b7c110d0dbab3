// Package providers has a provider besides the default one, and events by name and by interface. // want package:"uses rollcall"
package providers

import (
	"context"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

type Audited interface{ Who() string }

type Login struct{ Name string }

func (l *Login) Who() string { return l.Name }

// Alarm has its name from a method.
type Alarm struct{ Level int }

func (*Alarm) EventName() string { return "alarm" }

type Trail struct{}

func NewTrail() *Trail { return &Trail{} }

func (*Trail) Handle(context.Context, Audited) error { return nil }

type Siren struct{}

func NewSiren() *Siren { return &Siren{} }

func (*Siren) OnAlarm(context.Context, any, rollcall.Origin) error { return nil }

type Door struct{}

func NewDoor() *Door { return &Door{} }

func (*Door) Handle(context.Context, *Login) error { return nil }

// Application has two providers.
func Application() fx.Option {
	const group = "audit_listener"
	return fx.Options(
		fxevents.Module(fxevents.NamedProvider("audit", group)),
		fxevents.Event[*Login]("login"),
		fxevents.Event[*Alarm]("alarm"),
		fxevents.AsListener(NewTrail),
		fxevents.AsListener(NewTrail, `id:"trail.audit" group:"audit_listener" event:"login"`),
		fxevents.AsListener(NewDoor, `after:"providers.Trail" event:"providers.Login"`),
		fxevents.AsListener(NewDoor, `id:"door.audit" after:"trail.audit" group:"`+group+`"`),
		fxevents.AsListener(NewSiren, `method:"OnAlarm" event:"alarm"`),
		fx.Invoke(fx.Annotate(func(rollcall.Dispatcher) {}, fx.ParamTags(`name:"audit"`))),
	)
}
