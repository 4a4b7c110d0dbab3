package transport

import (
	"context"
	"errors"
)

// Relay receives events of one transport and publishes them to another, as they
// are, until the context ends. A message is done when the other transport has
// confirmed it; until then it comes again, as the subscription says. One that the
// other can't carry becomes a dead letter. The error is that of from.
func Relay(ctx context.Context, from Transport, s Subscription, to Transport) error {
	return from.Subscribe(ctx, s, func(ctx context.Context, d Delivery) Verdict {
		m := d.Message
		m.Key = "" // that of the relay
		err := to.Publish(ctx, m)
		var impossible *MessageError
		if errors.As(err, &impossible) {
			return Reject(err.Error())
		}
		return verdictOf(err, d.Attempt)
	})
}
