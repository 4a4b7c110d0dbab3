// Package fxnats is fxevents with a default transport. If the application provides no
// transport, a JetStream server inside the process carries the events of asynchronous
// listeners.
//
//	fx.New(
//		fxnats.Module(), // instead of fxevents.Module()
//		orders.Module,
//		mail.Module, // has a listener with the tag `async:"mail"`
//		fxevents.Receive(),
//	)
//
// It is a separate package so that package fxevents, and programs that use rollcall
// without transports, do not require a NATS server.
package fxnats

import (
	"os"
	"path/filepath"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// Module is fxevents.Module, with natsevents.Embedded in [Directory] as its
// fxevents.DefaultTransport. The server starts only if a listener is asynchronous and
// the application provides no transport. Otherwise nothing is opened or written. One
// process at a time can use the directory. For receivers in other processes, provide
// natsevents.Connect instead. The errors are those of fxevents.Module, and a
// *natsevents.DirectoryError if another process uses the directory.
//
// For another directory, or other options of the server, use fxevents.Module and
//
//	fxevents.Transport(func() (*natsevents.Transport, error) { return natsevents.Embedded("/srv/events") })
func Module(options ...fxevents.Option) fx.Option {
	return fx.Options(
		fxevents.Module(options...),
		fxevents.DefaultTransport(func() (*natsevents.Transport, error) { return natsevents.Embedded(Directory()) }),
	)
}

// Directory returns where the default transport keeps its events: rollcall-events, in the
// directory that systemd assigns to a unit with StateDirectory=, otherwise in the working
// directory. Deleting this directory deletes the events in it.
func Directory() string {
	const name = "rollcall-events"
	if state := filepath.SplitList(os.Getenv("STATE_DIRECTORY")); len(state) > 0 { // the first of several
		return filepath.Join(state[0], name)
	}
	return name
}
