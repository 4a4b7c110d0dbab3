// Package amqpevents implements [transport.Transport] over RabbitMQ with AMQP 0.9.1. It
// requires RabbitMQ 3.10 or later.
//
//	t, err := amqpevents.Connect("amqp://shop:secret@rabbit:5672/")
//
// # Exchanges and queues
//
// Events are published to the direct exchange rollcall.events, with their names as
// routing keys. Each receiver key of an event has a durable queue, such as
// rollcall.order.placed/mail. A second queue, such as rollcall.order.placed/mail/dead,
// holds its dead letters and is bound to the exchange rollcall.dead. Both are quorum
// queues, or classic queues with [Classic]. A temporary receiver has a queue that ends
// with its connection. It misses the events that are published until it has a new queue.
// [Prefix] changes the names.
//
// A message to be retried waits in one of 16 queues, such as rollcall.wait.1s. All
// receivers share these queues, which are made when they are first needed. Their waits
// are 1/8 s, 1/4 s and so on up to 4096 s, and a message waits in the shortest one that
// suffices. A retry is therefore never early, and late by at most the requested delay,
// or by 1/8 s if that is longer. A retry without a delay skips these queues. Longer
// waits go through the last queue several times. The exchange
// rollcall.back returns messages to their receivers. If the receiver's queue was deleted,
// the message is kept in the queue rollcall.gone for a minute and then dropped.
//
// Only temporary queues are deleted. If a receiver is no longer needed, its queue remains
// and fills up: delete it by hand. If retries for the receiver are waiting, unbind the
// queue from rollcall.back first. Otherwise, a queue that is deleted just as they return
// may keep the broker from returning any message of the same wait, for any receiver, for
// three minutes.
//
// # Delivery
//
// Publish returns nil when the broker has confirmed the message for every queue. By then
// the message is on the broker's disk, and on most nodes if queues are replicated.
// Publish returns a *transport.UnroutableError if there is no queue. It first declares
// again what this transport has declared, because a queue may have been deleted. The
// broker does not detect messages with the same ID: both are delivered.
//
// A message is redelivered if its receiver died or lost its connection. A quorum queue
// counts each redelivery as an attempt. A classic queue only knows that a message was
// redelivered, and counts one attempt for all redeliveries. A message also counts as
// attempted if a receiver got it but had not started on it when the subscription ended. A
// message that has had too many attempts becomes a dead letter without another call to
// the handler.
//
// The broker ends deliveries that take longer than its consumer_timeout, half an hour by
// default, and redelivers the messages. Set it longer than the slowest handler. A
// subscription does not call the handler for a message that its handler still works on.
// If the handler succeeds, the redelivered message is acknowledged. The subscription
// remembers the last 1024 such messages. Another process does not know about them, and
// calls its handler.
//
// Retries and dead letters are at-least-once, too: the copy is confirmed before the
// original is acknowledged. Until then, for example while the broker blocks publishers,
// the message occupies the slot of a handler. Classic queues have one exception. When a
// wait ends, the broker itself moves the message to the receiver's queue. The message is
// lost if the broker stops at that moment or is still starting.
//
// # Connections
//
// One connection publishes and another consumes, so a broker that slows down publishers
// (a memory alarm) does not delay receivers. Both are made in the background, and
// restored when they are lost. The attempts never stop. [Transport.AwaitConnection]
// returns when there is a connection, or why there is none. Every wait for the broker ends with its context or after a
// limit. The only exception is a retry or a dead letter that was sent: the wait for it
// lasts as long as its subscription and connections, so that there is no second copy.
package amqpevents
