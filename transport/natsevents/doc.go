// Package natsevents implements [transport.Transport] over NATS JetStream, with a server
// inside the process or with a cluster.
//
//	t, err := natsevents.Embedded("/var/lib/shop/events")   // no port, no other program
//	t, err := natsevents.Connect("nats://127.0.0.1:4222")   // the same, with a cluster
//
// In an Fx application, the package fxnats makes the embedded server the default.
//
// # Streams and consumers
//
// The transport creates two streams with file storage. The stream ROLLCALL, with the
// subjects rollcall.event.> and interest retention, keeps a message until each receiver
// key has handled it. The stream ROLLCALL_DEAD, with the subjects rollcall.dead.>,
// keeps dead letters until they are replayed or discarded. [Prefix] changes the names.
// With [ExistingStreams], the transport creates no streams.
//
// The streams have one replica and no limits. An existing stream is left as it is, so
// replicas and limits can be set on the server. A stream that reaches a limit refuses
// further messages.
//
// Each receiver key of an event has a durable consumer. The transport never deletes it,
// and the stream keeps every message for it. If a key is no longer used, delete its
// consumer by hand: that discards what waits for it. The consumer of a temporary receiver
// is deleted soon after the receiver is gone.
//
// If a consumer is deleted while a process still uses its key, or if the server returns
// without its store, the transport makes streams and consumers again, and logs a warning.
//
// # Delivery
//
// Publish returns nil for an event that nobody receives, and the server drops it. For each
// receiver key that this transport has declared or receives for, Publish checks that its
// consumer was there when the server kept the event.
//
// The server drops duplicates: messages with the same event, source, ID and key as another
// of the last two minutes. While a consumer is that young, a message may be kept twice if
// processes that declare different receivers publish it.
//
// A receiver requests as many messages as it has free handlers, so no message waits
// behind a slow handler. When a subscription ends, it still handles the messages that
// are on their way. If the connection fails meanwhile, they are redelivered after
// [AckWait]. A server of version 2.9 may redeliver a message that it was about to send
// at that moment, which counts as an attempt.
//
// # Connection
//
// [Connect] returns at once, and the transport connects in the background. A connection that
// is lost is restored. While there is none, failed attempts are logged at intervals that
// grow, and errors name the servers' addresses and the reason.
//
// If the server denies a subject to the user of the connection, the calls and subscriptions
// that need it end with an error, and the subject is logged. The section Permissions of
// docs/production.md lists the least permissions.
//
// # Durability
//
// A confirmed message survives kill -9. With an embedded server, it also survives a
// power failure, unless [SyncEvery] trades that for speed. With a cluster, that depends
// on its configuration, such as replicas and sync_interval.
//
// An embedded server uses as much disk as there is. If the disk is full, Publish fails.
// Once an embedded server has failed to write, it confirms nothing more until the
// transport is closed and opened again.
//
// If a store is damaged, Embedded returns a *StoreError with the file. [AcceptLoss] opens
// it nevertheless.
package natsevents
