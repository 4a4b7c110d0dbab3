// Package transport carries events out of the process and back in, over a
// broker that keeps them. A listener can thus survive a crash, or run in another
// process.
//
// A [Transport] publishes messages and subscribes to them. Each receiver has a
// key: receivers of one key share the messages of an event among them, and each
// key gets every message. A receiver without a key is temporary: it gets what is
// published while it is there.
//
//	r := transport.NewReceiver("mail", func(ctx context.Context, p *Placed) error { ... })
//	err := r.Receive(ctx, t, "order.placed") // until ctx ends
//
//	p := transport.NewPublisher(t)
//	err := p.Publish(ctx, "order.placed", &Placed{ID: "7"})
//
// An event is kept for each receiver that has subscribed or been declared at some
// time before (see [Declarer]). The receiver gets nothing that was published
// earlier.
//
// A message is delivered at least once. It is redelivered if the receiver asks for
// that, fails, or dies before it has finished. Receivers should therefore be
// idempotent: [Delivery] has the message's ID, which identifies a redelivery. A
// message becomes a dead letter with a reason if it was delivered too often, if a
// receiver rejects it, or if it can't be decoded: see [DeadLetters].
//
// Messages are CloudEvents 1.0 in binary mode: see [Attributes].
//
// [Local] is a transport inside of the process, for tests. Package
// transporttest has the kit that every transport passes.
package transport
