// Package amqpevents is a [transport.Transport] over RabbitMQ, by AMQP 0.9.1. It needs
// RabbitMQ 3.10 or later.
//
//	t, err := amqpevents.Connect("amqp://shop:secret@rabbit:5672/")
//
// # What it makes on the broker
//
// Events are published to the direct exchange rollcall.events, by their names as
// routing keys. Each receiver key of an event has a durable queue, such as
// rollcall.order.placed/mail, and one for its dead letters, such as
// rollcall.order.placed/mail/dead, which is bound to the exchange rollcall.dead.
// They are quorum queues, or classic ones by [Classic]. A temporary receiver has
// a queue that ends with its connection; what is published until it has another
// is lost to it. [Prefix] gives other names.
//
// A message to be retried waits in one of 16 queues, such as rollcall.wait.1s,
// which are made when they are first needed. All receivers share them. The waits
// are 1/8 s, 1/4 s and so on to 4096 s, and a message waits in the shortest that
// suffices: so it comes never too early, and takes up to twice as long as asked,
// or 1/8 s. Longer waits go through the last queue several times. The exchange
// rollcall.back brings messages back; what finds its receiver's queue deleted is
// kept in the queue rollcall.gone for a minute, and then dropped.
//
// Nothing is deleted but what is temporary. A receiver that is no longer needed
// keeps its queue, which fills: delete it by hand. While retries of it wait,
// unbind the queue from rollcall.back before: a queue that is deleted just as they
// come back may keep the broker from bringing back anything of the same wait, for
// any receiver, for three minutes.
//
// # Delivery
//
// Publish returns nil when the broker has confirmed the message for every queue,
// which it has on disk by then, and on most nodes where queues are replicated.
// It returns a *transport.UnroutableError where there is no queue. The broker
// does not notice messages of the same ID: both are delivered.
//
// A message comes again where its receiver has died or lost its connection.
// Quorum queues count that as an attempt each time; a classic queue only knows
// that it was so, and counts one for all. A message that a receiver was given and
// had not begun with when its subscription ended counts as well. One that has had
// too many attempts becomes a dead letter, unseen by the handler. The broker ends
// deliveries that take longer than its consumer_timeout, half an hour by default.
//
// Retrying and dead letters are at least once, too: the copy is confirmed before
// the original is acknowledged. Until then, as where the broker blocks
// publishers, the message is held in the place of a handler. With classic queues,
// there is one exception: what the broker itself hands on, from the queue where it
// has waited to its receiver's, is lost if the broker stops at that moment, or
// while it is starting.
//
// # Connections
//
// One connection publishes and another consumes, so that a broker that slows down
// publishers (a memory alarm) does not hold up receivers. Each is made again by
// itself when it is lost, without end. Everything that waits for the broker ends
// with its context or after a limit. Only a retry or a dead letter that was sent is
// waited for as long as its subscription and connections last, so as not to be
// there twice.
package amqpevents
