package natsevents

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// consumerName returns the name for the receiver key of an event: the readable characters
// of both, and a hash of 128 bits that distinguishes names that look the same.
//
// Earlier versions, none of which was released, had a hash of 48 bits. Their consumers and
// dead letters have other names. They remain, and events pile up for such a consumer until
// somebody deletes it.
func consumerName(event, key string) string {
	sum := sha256.Sum256([]byte(event + "\x00" + key))
	return readable(event) + "-" + readable(key) + "-" + hex.EncodeToString(sum[:16])
}

// description returns what a consumer says of itself: whose it is. Neither an event nor a
// key contains a space.
func description(s transport.Subscription) string {
	if s.Key == "" {
		return "a temporary receiver of event " + s.Event
	}
	return receiverText + s.Key + ofEventText + s.Event
}

const receiverText, ofEventText = "the receiver ", " of event "

// ownerOf returns the receiver with a key that a consumer's description names.
func ownerOf(description string) (s transport.Subscription, ok bool) {
	rest, isReceiver := strings.CutPrefix(description, receiverText)
	s.Key, s.Event, ok = strings.Cut(rest, ofEventText)
	return s, ok && isReceiver
}

// ownerProblem returns an error if a consumer belongs to a receiver other than s. A
// consumer without a description belongs to s if it gets the same event, because somebody
// may have created it by hand.
func (t *Transport) ownerProblem(s transport.Subscription, c jetstream.ConsumerConfig) error {
	owner := cmp.Or(c.Description, description(s))
	if c.FilterSubject == t.eventSubject(s.Event) && owner == description(s) {
		return nil
	}
	return &transport.SubscriptionError{Subscription: s, Problem: fmt.Sprintf(
		"its consumer %s of the stream %s belongs to another receiver (%q, of the subject %q): rename the key, or delete the consumer if nobody needs its events",
		cmp.Or(c.Durable, c.Name), t.eventStream(), c.Description, c.FilterSubject)}
}

func readable(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, s)
	return s[:min(len(s), 64)]
}
