//go:build unix

package platform

import "github.com/rollcall-go/rollcall/fxevents"

var disks = fxevents.AsListener(NewDisk)

type Disk struct{}

func NewDisk() *Disk { return &Disk{} }

func (*Disk) Handle(*Mounted) {}
