// Package watermillevents is a bridge between Watermill and [transport.Transport], in
// both directions.
//
// An application that is written for Watermill uses a transport by
// [NewPublisher] and [NewSubscriber]:
//
//	p := watermillevents.NewPublisher(t)
//	s := watermillevents.NewSubscriber(t, transport.Subscription{Key: "mail"})
//	messages, err := s.Subscribe(ctx, "order.placed")
//
// With [NewTransport], events go over any backend that Watermill has. It makes a
// transport of a publisher and of a subscriber for each receiver key:
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
// attributes are metadata. Messages that are no CloudEvents are taken as well:
// their topic is the event and their UUID the ID, and their metadata are headers as
// above.
//
// Watermill has no delays, no attempts and no dead letters, so two further topics
// for each receiver key of an event provide them. For the event order.placed and
// the key mail, a retry is published to the topic "order.placed.retry.mail" before
// the message is acked. Its metadata have the attempt number and the time from
// which it may be delivered. A retry may come later than requested if others wait
// before it, but never earlier by the clock of the receiver's machine. A dead
// letter is published to "order.placed.dead.mail": see [DeadTopic] and
// [DeadLetterOf]. Watermill can't show what a topic holds without taking it, so the
// transport is not a transport.DeadLetters. To replay dead letters, read that topic
// with a subscriber for the key, and pass what it contains to [Transport.Publish].
//
// A temporary receiver ends with its process, and so do its retries and dead
// letters: they are in memory.
//
// # What depends on the backend
//
//   - Publish confirms what the publisher confirms. Some publishers don't wait
//     for their broker unless they are configured to.
//   - If nobody receives an event, Publish returns nil nevertheless.
//   - Receivers of one key share messages if subscribers of one consumer group
//     do. A backend without groups, such as gochannel, delivers every message to
//     each of them.
//   - [Transport.Declare] needs a message.SubscribeInitializer.
//   - Messages come in order if the backend preserves the order.
//   - A limit of the backend itself for deliveries should be far above those of
//     the receivers. It also counts messages that were handed to a receiver when
//     its subscription ended, or while nothing could be published.
//   - If an attempt dies with its process, the backend repeats it; it does not
//     count.
package watermillevents
