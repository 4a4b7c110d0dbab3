package transport

import "fmt"

// MessageError reports a message that the transport can't carry, or an event that a
// [Publisher] can't publish.
type MessageError struct {
	ID, Event string
	Problem   string
}

func (e *MessageError) Error() string {
	return fmt.Sprintf("message %q of event %q can't be published: %s", e.ID, e.Event, e.Problem)
}

// UnroutableError reports that a message has no receiver. Subscribe or declare one
// before publishing.
type UnroutableError struct {
	Event string
	Key   string // the receiver key that the message names; "" for all
}

func (e *UnroutableError) Error() string {
	if e.Key != "" {
		return fmt.Sprintf("nobody receives event %s by the key %s: subscribe or declare that receiver before publishing", e.Event, e.Key)
	}
	return fmt.Sprintf("nobody receives event %s: subscribe or declare a receiver before publishing", e.Event)
}

// SubscriptionError reports an invalid subscription.
type SubscriptionError struct {
	Subscription Subscription
	Problem      string
}

func (e *SubscriptionError) Error() string {
	return fmt.Sprintf("the subscription to event %q by the key %q: %s", e.Subscription.Event, e.Subscription.Key, e.Problem)
}

// DecodeError reports that a [Receiver] can't decode an event. The message becomes a
// dead letter, whose reason is the text of this error.
type DecodeError struct {
	Event       string
	ContentType string
	Err         error
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("event %s can't be decoded from %q: %v", e.Event, e.ContentType, e.Err)
}

// Unwrap returns Err, which is often the codec's error.
func (e *DecodeError) Unwrap() error { return e.Err }
