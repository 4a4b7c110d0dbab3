// Package transport carries events out of the process and back in, over a
// broker that keeps them: so that a listener survives a crash, or runs in
// another process.
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
// An event is kept for receivers that have subscribed or been declared once (see
// [Declarer]); what is published before that, nobody gets.
//
// A message is delivered at least once: again, if the receiver asks for that,
// fails or dies before it has ended. What it does should therefore be
// idempotent; [Delivery] has the message's ID to tell by. A message that was
// delivered too often, that a receiver rejects or that can't be decoded becomes
// a dead letter with the reason: see [DeadLetters].
//
// Messages are CloudEvents 1.0 in binary mode: see [Attributes].
//
// [Local] is a transport inside of the process, for tests. Package
// transporttest has the kit that every transport passes.
package transport
