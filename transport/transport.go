package transport

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Transport carries messages. It may be used concurrently.
type Transport interface {
	// Publish hands a message to each receiver key that listens to its event,
	// or to the one that its Key names. Nil means that the message is kept for
	// each receiver key until it was received. The error is a *MessageError if
	// no transport can carry the message, or an *UnroutableError if nobody
	// would receive it. Otherwise the error is the broker's or the context's,
	// and the message may or may not have been kept.
	Publish(ctx context.Context, m Message) error

	// Subscribe calls the handler for each message until the context ends. Then
	// it takes no more messages, waits for the handlers that are running, and
	// returns nil. The error is a *SubscriptionError, or the one that ended the
	// subscription.
	//
	// A handler's context is not cancelled when the subscription ends, so that
	// the handler can finish what it has begun.
	Subscribe(ctx context.Context, s Subscription, h Handler) error
}

// Declarer is a Transport that can keep messages for a receiver that has not
// subscribed yet.
type Declarer interface {
	// Declare keeps messages for the receiver from now on. It may be called
	// again. The error is a *SubscriptionError or the broker's.
	Declare(ctx context.Context, s Subscription) error
}

// DeadLetters is a Transport whose dead letters can be looked at and published
// again.
type DeadLetters interface {
	// EachDeadLetter shows the current dead letters of a receiver, the oldest
	// first, and does with each what decide returns. It returns how many it has
	// shown.
	EachDeadLetter(ctx context.Context, event, key string, decide func(DeadLetter) Disposal) (int, error)
}

// Message is an event on its way.
type Message struct {
	ID          string // unique in its source: the same ID is the same event
	Event       string // its name
	Key         string // the one receiver key that it is for; "" for all of them
	ContentType string // of the body, such as "application/json"
	// Source is the program that the event comes from, a URI reference such as
	// "/shop"; if it is "", the transport's own is published.
	Source string
	// Headers are for anything else. A name such as "ce-subject" is an optional
	// attribute or an extension of CloudEvents, in lower-case letters and
	// digits.
	Headers map[string]string
	Body    []byte
}

// Clone returns a deep copy.
func (m Message) Clone() Message {
	m.Headers, m.Body = maps.Clone(m.Headers), slices.Clone(m.Body)
	return m
}

// Delivery is a message that a handler gets.
type Delivery struct {
	Message
	Attempt int // from 1
}

// Handler receives a message and returns what is to become of it. If a handler
// panics, the message is redelivered. A handler must not change the body: its
// changes may show in a dead letter.
type Handler func(context.Context, Delivery) Verdict

// Subscription says what a receiver wants.
type Subscription struct {
	Event string // the event's name
	Key   string // the receiver's key; "" for a temporary one
	// MaxInFlight is how many handlers may run at once, and 1 if it is 0. With
	// one, messages come in the order in which they were published, except for
	// those that are redelivered.
	MaxInFlight int
	// MaxAttempts is how often a message is delivered before it becomes a
	// dead letter, and 10 if it is 0.
	MaxAttempts int
}

// defaultMaxAttempts is how often a message is delivered if the subscription does not
// say.
const defaultMaxAttempts = 10

// withDefaults returns s with the numbers that 0 stands for.
func (s Subscription) withDefaults() Subscription {
	if s.MaxInFlight == 0 {
		s.MaxInFlight = 1
	}
	if s.MaxAttempts == 0 {
		s.MaxAttempts = defaultMaxAttempts
	}
	return s
}

// DeadLetter is a message that will not be redelivered by itself.
type DeadLetter struct {
	Delivery
	Reason string
	At     time.Time // when it became one
}

// Disposal is what is to become of a dead letter.
type Disposal int

const (
	// Keep leaves it where it is.
	Keep Disposal = iota
	// Replay publishes it again, to its receiver alone; its attempts are
	// counted from 1 again.
	Replay
	// Discard forgets it.
	Discard
)
