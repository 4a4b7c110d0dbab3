package watermillevents

import (
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// DeadTopic returns the topic of the dead letters of a receiver key. Read it with a
// subscriber in the consumer group of that key.
func DeadTopic(event, key string) string { return event + ".dead." + key }

// DeadLetterOf returns the dead letter in a message of a [DeadTopic]. Its Key is that
// of its receiver, so [Transport.Publish] replays it to that receiver alone. If the
// message is not a valid event, the result has what could be read.
func DeadLetterOf(m *message.Message) transport.DeadLetter {
	in, _ := read(m)
	return transport.DeadLetter{Delivery: in.delivery, Reason: in.reason, At: in.buried}
}
