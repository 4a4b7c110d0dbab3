// Package watermillevents is a bridge between Watermill and [transport.Transport], in
// both directions.
//
// An application that is written for Watermill uses a transport through [NewPublisher]
// and [NewSubscriber]:
//
//	p := watermillevents.NewPublisher(t)
//	s := watermillevents.NewSubscriber(t, transport.Subscription{Key: "mail"})
//	messages, err := s.Subscribe(ctx, "order.placed")
//
// [NewTransport] makes a transport from any backend that Watermill has. It takes a
// publisher, and a function that returns a subscriber for a receiver key:
//
//	t := watermillevents.NewTransport(publisher, func(key string) (message.Subscriber, error) {
//		return newSubscriber(key) // whose consumer group is the key
//	})
//
// # A transport for Watermill
//
// A topic is an event's name, a UUID is a message's ID, a payload is its body,
// and the metadata "content-type" is its content type. Other metadata are its
// headers. Metadata that can't be headers, such as those with a line break or a
// reserved name, become headers whose names begin with "watermill-", with name
// and value percent-encoded. A Subscriber restores them. What can't be carried is
// refused with a *transport.MessageError: an empty UUID, a UUID of more than 128
// bytes, a topic that is not a valid event name.
//
// Ack is transport.Ack, Nack is transport.Retry with a delay: see [NackDelay].
// A message that was nacked as often as its subscription permits becomes a dead
// letter.
//
// # A backend of Watermill for events
//
// An event goes to the topic of its name as a CloudEvent in binary mode, whose
// attributes are metadata. Messages that are not CloudEvents are accepted, too. Their
// topic is the event and their UUID the ID. Their metadata becomes headers as above.
//
// Watermill has no delays, no attempts and no dead letters, so two further topics
// for each receiver key of an event provide them. For the event order.placed and
// the key mail, a retry is published to the topic "order.placed.retry.mail" before
// the message is acked. Its metadata contains the attempt number and the earliest time
// of delivery. A retry may be later than requested if others wait before it, but is
// never earlier by the clock of the receiver's machine. A dead letter is published to
// "order.placed.dead.mail": see [DeadTopic]. Watermill can't show the messages of a
// topic without consuming them, so the transport is not a transport.DeadLetters. To
// replay dead letters, read that topic with a subscriber for the key, and pass the
// Message of [DeadLetterOf] to [Transport.Publish] before you ack.
//
// A temporary receiver retries in memory, until its subscription ends. It has no dead
// letters: a message that is rejected is dropped.
//
// # What depends on the backend
//
//   - Publish confirms what the publisher confirms. Some publishers don't wait
//     for their broker unless they are configured to.
//   - Publish returns nil even if nobody receives the event.
//   - Receivers of one key share messages if subscribers of one consumer group
//     do. A backend without groups, such as gochannel, delivers every message to
//     each of them.
//   - [Transport.Declare] needs a message.SubscribeInitializer.
//   - Messages come in order if the backend preserves the order.
//   - If the backend itself limits deliveries, set its limit far above MaxAttempts. It
//     also counts messages that a receiver had got when its subscription ended, or while
//     nothing could be published.
//   - If the process dies during an attempt, the backend redelivers the message. The
//     attempt number stays the same.
package watermillevents
