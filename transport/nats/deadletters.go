package nats

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

// bury keeps a dead letter. Where a message from elsewhere is so large that there
// is no room beside it, its reason says that instead.
func (t *Transport) bury(ctx context.Context, d transport.Delivery, reason string) error {
	err := t.keepDead(ctx, d, reason)
	if errors.Is(err, nats.ErrMaxPayload) {
		err = t.keepDead(ctx, d, "too large for its reason")
	}
	return err
}

func (t *Transport) keepDead(ctx context.Context, d transport.Delivery, reason string) error {
	duplicate := fmt.Sprint("dead/", d.ID, "/", d.Key, "/", time.Now().UnixNano())
	header := t.header(d.Message, duplicate, map[string]string{reasonHeader: escaped(reason), attemptHeader: strconv.Itoa(d.Attempt)})
	return t.send(ctx, t.deadSubject(d.Event, d.Key), d.Message, header)
}

// escaped is as much of a reason as is kept.
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

// maxReason bounds what is kept of a reason, in bytes as it is escaped.
const maxReason = 4096

// deadLetterRoom is what the headers of a dead letter take beside those of its
// message, so that what could be published can become one.
const deadLetterRoom = maxReason + 1024

// EachDeadLetter shows the dead letters of a receiver key. Those of temporary
// receivers are kept by the key ""; to replay one is a
// *transport.UnroutableError.
func (t *Transport) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	stream, err := t.js.Stream(ctx, t.deadStream())
	if err != nil {
		return 0, told(err, "looking for dead letters")
	}
	last := stream.CachedInfo().State.LastSeq // later ones are for another time
	shown := 0
	for next := uint64(1); ; shown++ {
		raw, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(t.deadSubject(event, key)))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound), err == nil && raw.Sequence > last:
			return shown, nil
		case err != nil:
			return shown, told(err, "reading dead letters")
		}
		if err := t.dispose(ctx, stream, raw, event, key, decide); err != nil {
			return shown, err
		}
		next = raw.Sequence + 1
	}
}

func (t *Transport) dispose(ctx context.Context, stream jetstream.Stream, raw *jetstream.RawStreamMsg, event, key string, decide func(transport.DeadLetter) transport.Disposal) error {
	letter := readLetter(raw)
	switch decide(letter) {
	case transport.Keep:
		return nil
	case transport.Replay:
		duplicate := fmt.Sprint("replay/", raw.Sequence, "/", letter.ID)
		if key == "" {
			return &transport.UnroutableError{Event: event} // its receiver is gone, and others had it
		}
		if err := t.send(ctx, t.eventSubject(letter.Event), letter.Message, t.header(letter.Message, duplicate, nil)); err != nil {
			return err
		}
	}
	return told(stream.DeleteMsg(ctx, raw.Sequence), "deleting a dead letter")
}

// readLetter reads a dead letter; what is no event shows what could be read.
func readLetter(raw *jetstream.RawStreamMsg) transport.DeadLetter {
	letter := transport.DeadLetter{At: raw.Time}
	letter.Message, _ = read(raw.Header, raw.Data)
	letter.Reason, _ = url.PathUnescape(letter.Headers[reasonHeader])
	letter.Attempt, _ = strconv.Atoi(letter.Headers[attemptHeader])
	delete(letter.Headers, reasonHeader)
	delete(letter.Headers, attemptHeader)
	return letter
}
