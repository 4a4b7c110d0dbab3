package transport

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Transport carries messages. It may be used concurrently.
type Transport interface {
	// Publish sends a message to each receiver of its event, or only to the key m.Key
	// if that is set. Nil means that the message is kept until each key has handled it.
	// If there is no receiver, Publish returns an *UnroutableError, or nil if the
	// broker can't detect that. The error is a *MessageError if the transport can't
	// carry the message, or can't delay it and the context has a delay: see [CheckDelay].
	// Otherwise it is the broker's or the context's, and the message may have been kept.
	Publish(ctx context.Context, m Message) error

	// Subscribe calls the handler for each message, at most s.MaxInFlight at a time,
	// until the context ends. Then it takes no more messages, waits for the running
	// handlers, and returns nil. Otherwise it returns a *SubscriptionError, or the
	// error that ended the subscription.
	//
	// A handler's context is not cancelled when the subscription ends, so that
	// the handler can finish what it has begun. It ends after s.Timeout.
	Subscribe(ctx context.Context, s Subscription, h Handler) error
}

// Declarer is implemented by a [Transport] that can keep messages for a receiver before
// it subscribes.
type Declarer interface {
	// Declare keeps messages for the receiver key s.Key from now on, even before a
	// receiver subscribes. If the key exists, Declare does nothing. The error is a
	// *SubscriptionError, also for a temporary receiver, or the broker's.
	Declare(ctx context.Context, s Subscription) error
}

// DeadLetters is implemented by a [Transport] that can show, replay and discard its
// dead letters.
type DeadLetters interface {
	// EachDeadLetter calls decide for each dead letter of a receiver key, the oldest
	// first, and keeps, replays or discards it as decide says. The key "" stands for
	// temporary receivers. Dead letters that arrive meanwhile are left for the next
	// call. EachDeadLetter returns how often it called decide. It stops at the first
	// error and keeps that dead letter. The error is an *UnroutableError if the
	// receiver to replay to is gone, otherwise the broker's or the context's.
	EachDeadLetter(ctx context.Context, event, key string, decide func(DeadLetter) Disposal) (int, error)
}

// Message is an encoded event as a [Transport] carries it.
type Message struct {
	ID          string // unique in its source, at most 128 bytes
	Event       string // the event's name
	Key         string // the only receiver key to deliver to; "" for all
	ContentType string // of the body, such as "application/json"
	// Source is the program that the event comes from, a URI reference such as
	// "/shop". A transport to a broker replaces "" by its own source.
	Source string
	// Headers are passed on to the receivers. A name such as "ce-subject", in lower-case
	// letters and digits, is an optional attribute or an extension of CloudEvents.
	// "content-type" and names that begin with "rollcall-" or "nats-" are reserved.
	Headers map[string]string
	Body    []byte
}

// Clone returns a deep copy.
func (m Message) Clone() Message {
	m.Headers, m.Body = maps.Clone(m.Headers), slices.Clone(m.Body)
	return m
}

// OrderKey returns the order key, or "" if the message has none. It is the header
// "ce-partitionkey", which is an extension of CloudEvents.
func (m Message) OrderKey() string { return m.Headers[orderKeyHeader] }

const orderKeyHeader = "ce-partitionkey"

// Delivery is a message as a handler gets it. Its Key is that of the receiver.
type Delivery struct {
	Message
	Attempt int // the number of this attempt, from 1
}

// Handler handles a message and returns what to do with it. It must be safe for
// concurrent use if [Subscription].MaxInFlight is more than 1. If it panics, the
// message is redelivered: see [Subscription].Retry. A handler must not change the body, because
// the body may become part of a dead letter.
type Handler func(context.Context, Delivery) Verdict

// Subscription describes a receiver: its event, its key and its limits.
type Subscription struct {
	Event string // the event's name
	Key   string // the receiver's key; "" for a temporary receiver
	// MaxInFlight is how many handlers may run at once in this subscription; 0 means 1.
	// With 1, and no other subscription of the key, messages are handled in the order in
	// which they were published, except for those that are redelivered.
	MaxInFlight int
	// MaxAttempts is how often a message is delivered before it becomes a dead letter; 0
	// means 10.
	MaxAttempts int
	// Retry returns how long a message waits after a failed attempt, whose number from 1
	// is the argument. It may be called concurrently. Nil means a random time between half
	// of [Backoff] and all of it, so that messages that failed together are not retried
	// together. [RefuseFor] takes precedence.
	Retry func(attempt int) time.Duration
	// Timeout is how long a handler may run before its context ends, with
	// context.DeadlineExceeded; 0 means for ever. The handler must then return. Until it does,
	// its message counts as being handled. What it returns is the verdict.
	Timeout time.Duration
	// Slow is how long a handler runs before package fxevents logs that, and again after
	// twice that time, and so on; 0 means a minute. Transports ignore it.
	Slow time.Duration
}

// defaultMaxAttempts is used if a subscription sets no MaxAttempts.
const defaultMaxAttempts = 10

// defaultSlow is used if a subscription sets no Slow.
const defaultSlow = time.Minute

// withDefaults returns s with defaults instead of limits that are 0.
func (s Subscription) withDefaults() Subscription {
	if s.MaxInFlight == 0 {
		s.MaxInFlight = 1
	}
	if s.MaxAttempts == 0 {
		s.MaxAttempts = defaultMaxAttempts
	}
	if s.Slow == 0 {
		s.Slow = defaultSlow
	}
	return s
}

// DeadLetter is a message that is no longer redelivered. Its Attempt is that of the last
// delivery.
type DeadLetter struct {
	Delivery
	Reason string
	At     time.Time // when it became one
}

// Disposal is what [DeadLetters] does with a dead letter.
type Disposal int

const (
	// Keep leaves the dead letter where it is.
	Keep Disposal = iota
	// Replay publishes it again, only to its receiver key. Its attempts start at 1 again.
	Replay
	// Discard deletes it.
	Discard
)
