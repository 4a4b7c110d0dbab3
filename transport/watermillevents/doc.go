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
// And events go over any backend that Watermill has by [NewTransport], which
// makes a transport of a publisher and of a subscriber for each receiver key:
//
//	t := watermillevents.NewTransport(publisher, func(key string) (message.Subscriber, error) {
//		return newSubscriber(key) // whose consumer group is the key
//	})
//
// # A transport for Watermill
//
// A topic is an event's name, a UUID is a message's ID, a payload is its body,
// and the metadata "content-type" is its content type. Other metadata are its
// headers. Metadata that no header can be, such as those with a line break or a
// reserved name, become headers whose names begin with "watermill-", with name
// and value percent-encoded; a Subscriber makes them what they were. What can't
// be carried is refused with a *transport.MessageError: an empty UUID, one of
// more than 128 bytes, a topic that is no name of an event.
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
// Watermill has no delays, no attempts and no dead letters, so two further
// topics for each receiver key of an event have them. What is to be retried is
// published to the topic "order.placed.retry.mail", for the event order.placed
// and the key mail, before the message is acked: the number of its attempt and
// the time from which it may come are in its metadata. A retry may come later
// than asked for if others wait before it, never earlier by the clock of the
// receiver's machine. A dead letter is published to "order.placed.dead.mail":
// see [DeadTopic] and [DeadLetterOf]. Watermill can't tell what a topic holds now
// without taking it, so the transport is no transport.DeadLetters: read that
// topic by a subscriber for the key, and give what it has to [Transport.Publish]
// to replay it.
//
// A temporary receiver is gone with its process, and so are its retries and dead
// letters: they are in memory.
//
// # What depends on the backend
//
//   - Publish confirms what the publisher confirms. Some don't wait for their
//     broker unless they are told to.
//   - Nobody tells that nobody receives an event: Publish returns nil.
//   - Receivers of one key share messages if subscribers of one consumer group
//     do. A backend without groups, as gochannel, gives each of them every
//     message.
//   - [Transport.Declare] needs a message.SubscribeInitializer.
//   - Messages come in order if the backend keeps it.
//   - A limit that the backend itself has for deliveries should be far above
//     those of the receivers: it counts messages that a receiver was handed when
//     its subscription ended, or while nothing could be published.
//   - An attempt that dies with its process is one that the backend repeats; it
//     does not count.
package watermillevents
