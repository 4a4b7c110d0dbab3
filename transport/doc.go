// Package transport carries events out of the process and back in, through a broker
// that stores them. An event then survives a crash, and its receiver can run in another
// process.
//
// A [Transport] publishes messages and subscribes to them. Each receiver has a key,
// which other systems call a consumer group. Each key gets every message of an event.
// Receivers with the same key share them. A receiver without a key is temporary: it
// gets what is published while it is subscribed.
//
//	r := transport.NewReceiver("mail", func(ctx context.Context, p *Placed) error { ... })
//	err := r.Receive(ctx, t, "order.placed") // until ctx ends
//
//	p := transport.NewPublisher(t)
//	err := p.Publish(ctx, "order.placed", &Placed{ID: "7"})
//
// A message is kept for each receiver key that exists when it is published. A key
// exists from its first subscription on, or since it was declared (see [Declarer]). It
// gets nothing that was published earlier.
//
// Event names and keys have at most 128 bytes. They contain no spaces, no control
// characters and none of * > /, and no empty part between dots.
//
// A message is delivered at least once. It is redelivered if the receiver asks for
// that, fails, or dies before it has finished. Receivers should therefore be
// idempotent: a redelivered message has the same ID, see [Delivery] and [HandleOnce]. A
// message becomes a dead letter with a reason if it was delivered too often, if its
// handler returns [Reject] or its function [Dead], or if it can't be decoded: see
// [DeadLetters]. What waits and what is dead is counted by a [BacklogReporter], and by an
// [OutboxReporter] if messages wait in a database before they are published.
//
// Messages are CloudEvents 1.0 in binary mode: see [Message.Attributes].
//
// For why the transports are not built on Watermill or River, see
// docs/decisions/no-river-no-watermill.md.
//
// [Local] is a transport in memory, for tests. Package transporttest has the tests that
// every transport must pass.
package transport
