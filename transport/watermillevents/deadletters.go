package watermillevents

import (
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// DeadTopic is the topic of the dead letters of a receiver key. They are kept
// for the consumer group of that key.
func DeadTopic(event, key string) string { return event + ".dead." + key }

// DeadLetterOf reads a message of a [DeadTopic]. Its Key is that of its receiver,
// so that [Transport.Publish] replays it to that one alone. A message that was no
// event has what could be read.
func DeadLetterOf(m *message.Message) transport.DeadLetter {
	in, _ := read(m)
	return transport.DeadLetter{Delivery: in.delivery, Reason: in.reason, At: in.buried}
}
