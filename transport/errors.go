package transport

import "fmt"

// MessageError is a message that no transport can carry.
type MessageError struct {
	ID, Event string
	Problem   string
}

func (e *MessageError) Error() string {
	return fmt.Sprintf("message %q of event %q can't be published: %s", e.ID, e.Event, e.Problem)
}

// UnroutableError is a message that nobody would get.
type UnroutableError struct {
	Event string
	Key   string // "" for any
}

func (e *UnroutableError) Error() string {
	if e.Key != "" {
		return fmt.Sprintf("nobody receives event %s by the key %s: subscribe or declare that receiver before publishing", e.Event, e.Key)
	}
	return fmt.Sprintf("nobody receives event %s: subscribe or declare a receiver before publishing", e.Event)
}

// SubscriptionError is a subscription that makes no sense.
type SubscriptionError struct {
	Subscription Subscription
	Problem      string
}

func (e *SubscriptionError) Error() string {
	return fmt.Sprintf("the subscription to event %q by the key %q: %s", e.Subscription.Event, e.Subscription.Key, e.Problem)
}

// DecodeError is a message whose body can't be made the event that its
// receiver takes. Its receiver rejects it.
type DecodeError struct {
	Event       string
	ContentType string
	Err         error
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("event %s can't be decoded from %q: %v", e.Event, e.ContentType, e.Err)
}

// Unwrap is the codec's error.
func (e *DecodeError) Unwrap() error { return e.Err }
