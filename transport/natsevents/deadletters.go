package natsevents

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// The headers of dead letters.
const (
	reasonHeader  = "rollcall-reason"
	attemptHeader = "rollcall-attempt"
)

// bury keeps a dead letter. If a message from elsewhere is so large that there is no room
// for the reason, bury keeps it as it came. If the server fails, for example between two
// leaders, bury tries again until the context ends.
func (t *Transport) bury(ctx context.Context, m *nats.Msg, d transport.Delivery, reason string) error {
	duplicate := letterKey(m, d)
	h := t.header(d.Message, duplicate, map[string]string{reasonHeader: escaped(reason), attemptHeader: strconv.Itoa(d.Attempt)})
	subject := t.deadSubject(d.Event, d.Key)
	err := t.send(ctx, subject, d.Message, h, state{})
	if isTooLarge(err) {
		h = withoutServers(m.Header)
		err = t.send(ctx, subject, d.Message, h, state{})
	}
	for try := 1; err != nil && !isDenied(err) && pause(ctx, transport.Backoff(try)); try++ {
		err = t.send(ctx, subject, d.Message, h, state{})
	}
	return err
}

// letterKey identifies duplicates of a dead letter, for example if its message is
// redelivered after it was kept. The key consists of the consumer, the position of the
// message in its stream, and the time it arrived there. The consumer distinguishes
// temporary receivers. The time distinguishes streams, because a stream may be deleted
// and created again. A replayed dead letter is a different message.
func letterKey(m *nats.Msg, d transport.Delivery) string {
	if meta, err := m.Metadata(); err == nil {
		return fmt.Sprint("dead/", meta.Consumer, "/", meta.Sequence.Stream, "/", meta.Timestamp.UnixNano())
	}
	return fmt.Sprint("dead/", d.ID, "/", d.Key, "/", time.Now().UnixNano())
}

// isTooLarge reports whether a message or its headers are too large for the server.
func isTooLarge(err error) bool {
	var said *jetstream.APIError
	return errors.Is(err, nats.ErrMaxPayload) || errors.As(err, &said) && said.ErrorCode == headersTooLarge
}

const (
	headersTooLarge = 10097     // the server's error code
	maxHeaders      = 1<<16 - 1 // bytes that the server accepts
)

// escaped returns a reason in percent-encoding, cut to maxReason bytes.
func escaped(reason string) string {
	text := url.PathEscape(reason)
	if len(text) <= maxReason {
		return text
	}
	text = text[:maxReason]
	if cut := strings.LastIndexByte(text, '%'); cut > maxReason-len("%00") {
		text = text[:cut]
	}
	return text
}

// maxReason is the maximum length of a stored reason, in bytes after escaping.
const maxReason = 4096

// deadLetterRoom is the room for the headers that a dead letter has in addition to those
// of its message. Publish reserves it, so that every message can become a dead letter.
const deadLetterRoom = maxReason + 1024

// EachDeadLetter shows the dead letters of a receiver key, as [transport.DeadLetters]
// describes. The key "" has those of temporary receivers, which can be discarded but
// not replayed. The error is a *transport.UnroutableError if the receiver of a dead
// letter to replay is gone or was temporary, otherwise the client's or the context's.
// That dead letter is kept.
func (t *Transport) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	if err := t.await(ctx); err != nil {
		return 0, annotated(err, "looking for dead letters")
	}
	stream, err := t.stream(ctx, t.deadStream())
	if err != nil {
		return 0, annotated(err, "looking for dead letters")
	}
	last := stream.CachedInfo().State.LastSeq // later ones are left for the next call
	shown := 0
	for next := uint64(1); ; shown++ {
		raw, err := t.firstMessage(ctx, stream, next, t.deadSubject(event, key))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound), err == nil && raw.Sequence > last:
			return shown, nil
		case err != nil:
			return shown, annotated(err, "reading dead letters")
		}
		if err := t.dispose(ctx, stream, raw, event, key, decide); err != nil {
			return shown, err
		}
		next = raw.Sequence + 1
	}
}

func (t *Transport) dispose(ctx context.Context, stream jetstream.Stream, raw *jetstream.RawStreamMsg, event, key string, decide func(transport.DeadLetter) transport.Disposal) error {
	letter := readLetter(raw, event, key)
	switch decide(letter) {
	case transport.Keep:
		return nil
	case transport.Replay:
		if err := t.replay(ctx, raw.Sequence, letter); err != nil {
			return err
		}
	}
	return annotated(t.deleteMessage(ctx, stream, raw.Sequence), "deleting a dead letter")
}

// replay publishes a letter to its receiver, if the receiver still exists before and after
// that: the server would confirm the letter anyway. The ID for the server names the
// consumer, so that a letter that was confirmed but not kept can be replayed again.
func (t *Transport) replay(ctx context.Context, number uint64, letter transport.DeadLetter) error {
	if letter.Key == "" {
		return &temporaryError{letter.Event} // without a key, it would go to all receivers
	}
	before, err := t.receiverOf(ctx, letter)
	if err != nil {
		return err
	}
	duplicate := fmt.Sprint("replay/", number, "/", letter.ID, "/", before.UnixNano())
	if err := t.send(ctx, t.eventSubject(letter.Event), letter.Message, t.header(letter.Message, duplicate, nil), state{}); err != nil {
		return err
	}
	after, err := t.receiverOf(ctx, letter)
	if err == nil && !after.Equal(before) {
		err = &transport.UnroutableError{Event: letter.Event, Key: letter.Key}
	}
	return err
}

// receiverOf returns when the consumer of a letter's receiver was created. This time
// distinguishes the consumer from a later one.
func (t *Transport) receiverOf(ctx context.Context, letter transport.DeadLetter) (created time.Time, err error) {
	c, err := t.consumer(ctx, consumerName(letter.Event, letter.Key))
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
		return created, &transport.UnroutableError{Event: letter.Event, Key: letter.Key}
	case err != nil:
		return created, annotated(err, "looking for the receiver of a dead letter")
	}
	return c.CachedInfo().Created, nil
}

// temporaryError reports a dead letter that can't be replayed. To callers it is a
// *transport.UnroutableError. It has a text of its own, because that of the
// UnroutableError would ask for a receiver.
type temporaryError struct{ event string }

func (e *temporaryError) Error() string {
	return fmt.Sprintf("a dead letter of a temporary receiver of event %s can't be replayed, because the receiver has no key: keep it or discard it", e.event)
}

func (e *temporaryError) Unwrap() error { return &transport.UnroutableError{Event: e.event} }

// readLetter reads a dead letter. If the message is not a valid event, the result has
// what could be read.
func readLetter(raw *jetstream.RawStreamMsg, event, key string) transport.DeadLetter {
	letter := transport.DeadLetter{At: raw.Time}
	letter.Message, _ = read(raw.Header, raw.Data)
	letter.Event, letter.Key = event, key
	if text, ok := letter.Headers[reasonHeader]; ok {
		letter.Reason, _ = url.PathUnescape(text)
	} else {
		letter.Reason = "unknown: the message was too large to store a reason"
	}
	letter.Attempt, _ = strconv.Atoi(letter.Headers[attemptHeader])
	delete(letter.Headers, reasonHeader)
	delete(letter.Headers, attemptHeader)
	return letter
}
