//go:build !unix

package platform

import "github.com/rollcall-go/rollcall/fxevents"

var disks = fxevents.AsListener(NewDrive, `id:"platform.Disk"`)

type Drive struct{}

func NewDrive() *Drive { return &Drive{} }

func (*Drive) Handle(*Mounted) {}
