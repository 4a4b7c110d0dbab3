// Package platform has files for some systems only. // want package:"uses rollcall"
package platform

import (
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

type Mounted struct{ Path string }

type Table struct{}

func NewTable() *Table { return &Table{} }

func (*Table) Handle(*Mounted) {}

// Application names a listener that each system has in a file of its own.
func Application() fx.Option {
	return fx.Options(
		fxevents.Module(),
		fxevents.Event[*Mounted]("mounted"),
		fxevents.AsListener(NewTable, `after:"platform.Disk"`),
		disks,
	)
}
