package transport

import (
	"context"
	"errors"
)

// Relay forwards the events of a subscription to another transport, unchanged, until
// ctx ends. It acknowledges a message when to has confirmed it. If publishing fails,
// the message is redelivered, up to s.MaxAttempts. A message that to can't carry
// becomes a dead letter of from at once. Relay returns what from.Subscribe returns.
func Relay(ctx context.Context, from Transport, s Subscription, to Transport) error {
	return from.Subscribe(ctx, s, func(ctx context.Context, d Delivery) Verdict {
		m := d.Message
		m.Key = "" // the key of the relay itself
		err := to.Publish(ctx, m)
		var impossible *MessageError
		if errors.As(err, &impossible) {
			return Reject(err.Error())
		}
		return s.verdict(err, d.Attempt)
	})
}
