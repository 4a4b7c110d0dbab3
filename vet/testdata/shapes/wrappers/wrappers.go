// Package wrappers registers by functions of another package. // want package:"uses rollcall"
package wrappers

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/vet/testdata/shapes/wrappers/listening"
)

type Paid struct{ ID string }

type Ledger struct{}

func NewLedger() *Ledger { return &Ledger{} }

func (*Ledger) Handle(*Paid) {}

type Receipt struct{}

func NewReceipt() *Receipt { return &Receipt{} }

func (*Receipt) Handle(*Paid) {}

// constructor is decided elsewhere.
var constructor any = NewReceipt

// Application uses the wrappers.
func Application() fx.Option {
	return fx.Options(
		fxevents.Module(fxevents.NamedProvider("audit", listening.Group)),
		fxevents.Event[*Paid]("paid"),
		listening.Of("ledger", NewLedger),
		listening.All(NewLedger, constructor),
		listening.AsListener(`this "is" no tag`),
		listening.Later(NewReceipt, "receipts"),
		fxevents.AsListener(constructor, `id:"last" after:"n1,ledger"`),
		fxevents.AsListener(NewLedger, `group:"`+listening.Group+`" id:"audit"`),
		fxevents.Transport(open),
	)
}

func open() (*transport.Local, error) { return &transport.Local{}, nil }
