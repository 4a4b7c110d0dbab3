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
	// or to the one that its Key names. Nil means that it is kept for each
	// until that has received it. The error is a *MessageError for a message
	// that no transport can carry, an *UnroutableError where nobody would get
	// it, or the broker's or the context's: then it may have been kept or not.
	Publish(ctx context.Context, m Message) error

	// Subscribe has a handler receive messages until the context ends. Then it
	// takes no more, waits for the handlers that are running, and returns nil.
	// The error is a *SubscriptionError, or what ended the subscription.
	//
	// A handler gets a context that is not cancelled by that end, so that it
	// can finish what it has begun.
	Subscribe(ctx context.Context, s Subscription, h Handler) error
}

// Declarer is a Transport that can keep messages for a receiver that has not
// subscribed yet.
type Declarer interface {
	// Declare has messages kept for the receiver from now on. It may be called
	// again. The error is a *SubscriptionError or the broker's.
	Declare(ctx context.Context, s Subscription) error
}

// DeadLetters is a Transport whose dead letters can be looked at and published
// again.
type DeadLetters interface {
	// EachDeadLetter shows the dead letters of a receiver that there are now,
	// the oldest first, and does with each what decide says. It returns how
	// many it has shown.
	EachDeadLetter(ctx context.Context, event, key string, decide func(DeadLetter) Disposal) (int, error)
}

// Message is an event on its way.
type Message struct {
	ID          string // unique in its source: the same ID is the same event
	Event       string // its name
	Key         string // the one receiver key that it is for; "" for all of them
	ContentType string // of the body, such as "application/json"
	// Source is the program that the event comes from, a URI reference such as
	// "/shop"; "" where it is published for the transport's own.
	Source string
	// Headers are for anything else. A name such as "ce-subject" is an attribute
	// of CloudEvents, its optional ones and extensions, in small letters and
	// digits.
	Headers map[string]string
	Body    []byte
}

// Clone is a copy that shares nothing.
func (m Message) Clone() Message {
	m.Headers, m.Body = maps.Clone(m.Headers), slices.Clone(m.Body)
	return m
}

// Delivery is a message that a handler gets.
type Delivery struct {
	Message
	Attempt int // from 1
}

// Handler receives a message and says what is to become of it. A handler that
// panics is one that asks for the message again. It must leave the body as it is:
// what it changes there may show in a dead letter.
type Handler func(context.Context, Delivery) Verdict

// Subscription says what a receiver wants.
type Subscription struct {
	Event string // the event's name
	Key   string // the receiver's key; "" for a temporary one
	// MaxInFlight is how many handlers may run at once, and 1 if it is 0. With
	// one, messages come in the order in which they were published, but for
	// those that are delivered again.
	MaxInFlight int
	// MaxAttempts is how often a message is delivered before it becomes a
	// dead letter, and 10 if it is 0.
	MaxAttempts int
}

// defaultMaxAttempts is how often a message is delivered if the subscription does not
// say.
const defaultMaxAttempts = 10

// withDefaults has the numbers that 0 stands for.
func (s Subscription) withDefaults() Subscription {
	if s.MaxInFlight == 0 {
		s.MaxInFlight = 1
	}
	if s.MaxAttempts == 0 {
		s.MaxAttempts = defaultMaxAttempts
	}
	return s
}

// DeadLetter is a message that will not be delivered again by itself.
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
	// Replay publishes it again, to its receiver alone; its attempts count
	// anew.
	Replay
	// Discard forgets it.
	Discard
)
