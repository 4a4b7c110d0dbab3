// Package fxnats is fxevents with a transport from the start: where the
// application provides none, asynchronous listeners are carried by a JetStream
// server inside of the process.
//
//	fx.New(
//		fxnats.Module(), // in the place of fxevents.Module()
//		orders.Module,
//		mail.Module, // has a listener with the tag `async:"mail"`
//		fxevents.Receive(),
//	)
//
// It is a package of its own because package fxevents, and so whoever uses
// rollcall without transports, must not require a NATS server.
package fxnats

import (
	"os"
	"path/filepath"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// Module is fxevents.Module, with natsevents.Embedded in [Directory] as its
// fxevents.DefaultTransport. Nothing is opened or written where no listener is
// asynchronous, or where the application provides a transport. The errors are
// those of fxevents.Module, and a *natsevents.DirectoryError where another process has
// its events in the directory.
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

// Directory is where the default transport keeps its events: rollcall-events, in
// the directory that systemd gives to a unit with StateDirectory=, otherwise in
// the working directory. Whoever deletes it deletes the events in it.
func Directory() string {
	const name = "rollcall-events"
	if state := filepath.SplitList(os.Getenv("STATE_DIRECTORY")); len(state) > 0 { // of several, the first
		return filepath.Join(state[0], name)
	}
	return name
}
