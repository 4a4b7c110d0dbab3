package watermillevents

import (
	"context"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// grace is how long a message may still be settled after the end of its
// subscription.
const grace = 5 * time.Second

// output is the channel of a subscription.
type output struct {
	settings     subscriberSettings
	messages     chan *message.Message
	subscription context.Context
}

// handle hands out a message and waits until it is settled.
func (o *output) handle(ctx context.Context, d transport.Delivery) transport.Verdict {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(o.subscription, cancel)()
	m := message.NewMessageWithContext(ctx, d.ID, d.Body)
	m.Metadata = metadataOf(d.Headers, d.ContentType)
	select {
	case o.messages <- m:
		return o.verdict(m, d.Attempt)
	case <-o.subscription.Done():
		return transport.Retry(0, "the subscription ended before anybody took the message")
	}
}

func (o *output) verdict(m *message.Message, attempt int) transport.Verdict {
	select {
	case <-m.Acked():
		return transport.Ack()
	case <-m.Nacked():
		return o.nacked(attempt)
	case <-o.subscription.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case <-m.Acked():
		return transport.Ack()
	case <-m.Nacked():
		return o.nacked(attempt)
	case <-late.C:
		return transport.Retry(0, "the subscription ended before the message was acked")
	}
}

func (o *output) nacked(attempt int) transport.Verdict {
	return transport.Retry(o.settings.nackDelay(attempt), "nacked")
}
