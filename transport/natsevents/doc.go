// Package natsevents is a [transport.Transport] over NATS JetStream: in a server
// inside of the process, or in a cluster.
//
//	t, err := natsevents.Embedded("/var/lib/shop/events")   // no port, no other program
//	t, err := natsevents.Connect("nats://127.0.0.1:4222")   // the same, by a cluster
//
// In an Fx application, package fxnats beside makes the first the default.
//
// # What it makes on the server
//
// Two streams in files: ROLLCALL, with the subjects rollcall.event.>, keeps a
// message until each receiver key has had it; ROLLCALL_DEAD, with
// rollcall.dead.>, keeps dead letters until somebody disposes of them. Each
// receiver key of an event has a durable consumer, a temporary receiver one that
// the server forgets soon after it is gone. [Prefix] gives other names.
//
// An event that nobody receives is not kept, and the server does not tell:
// Publish returns nil. A message of the same event, source, ID and key within two
// minutes is a duplicate, and is dropped by the server.
//
// A receiver requests as many messages as handlers are free for, so none waits
// behind a slow handler. Those that are on their way when its subscription ends
// are handled, too; where the connection fails meanwhile, they come again after
// [AckWait]. So may one, now and then, that a server as old as version 2.9 was about
// to send at that very moment: it counts as an attempt there.
//
// # What survives what
//
// A confirmed message survives kill -9 and, with an embedded server that syncs
// every write, the loss of power; [SyncEvery] trades that for speed. Where the
// disk is full, Publish fails; and once an embedded server could not write, it
// confirms nothing more until the transport is closed and opened again. What a
// cluster guarantees is up to its configuration.
package natsevents
