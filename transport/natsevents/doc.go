// Package natsevents implements [transport.Transport] over NATS JetStream, with a server
// inside the process or with a cluster.
//
//	t, err := natsevents.Embedded("/var/lib/shop/events")   // no port, no other program
//	t, err := natsevents.Connect("nats://127.0.0.1:4222")   // the same, with a cluster
//
// In an Fx application, the package fxnats makes the embedded server the default.
//
// # What it makes on the server
//
// There are two streams in files. The stream ROLLCALL, with the subjects
// rollcall.event.>, keeps a message until each receiver key has had it. The stream
// ROLLCALL_DEAD, with the subjects rollcall.dead.>, keeps dead letters until somebody
// disposes of them. Each receiver key of an event has a durable consumer. A temporary
// receiver has a consumer that the server deletes soon after the receiver is gone.
// [Prefix] changes the names.
//
// An event that nobody receives is not kept, and the server does not report that: Publish
// returns nil. A message with the same event, source, ID and key as another within two
// minutes is a duplicate. The server drops it.
//
// A receiver requests as many messages as it has free handlers, so no message waits
// behind a slow handler. Messages that are on their way when its subscription ends are
// handled, too. If the connection fails meanwhile, they are redelivered after [AckWait].
// A server as old as version 2.9 may occasionally also redeliver a message that it was
// about to send at that very moment, and counts that as an attempt.
//
// # What survives what
//
// A confirmed message survives kill -9. With an embedded server that syncs every write,
// it also survives a power failure; [SyncEvery] trades that for speed. If the disk is
// full, Publish fails. Once an embedded server has failed to write, it confirms nothing
// more until the transport is closed and opened again. The guarantees of a cluster depend
// on its configuration.
package natsevents
