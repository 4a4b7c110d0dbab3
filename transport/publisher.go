package transport

import (
	"context"
	"crypto/rand"
	"fmt"
	"reflect"
)

// Publisher publishes events by their names. Make it with [NewPublisher]. It may be used
// concurrently.
type Publisher struct {
	transport Transport
	codec     Codec
}

// NewPublisher returns a publisher that encodes events as JSON.
func NewPublisher(t Transport) *Publisher { return &Publisher{transport: t, codec: JSON{}} }

// WithCodec returns a publisher that encodes events by another codec.
func (p *Publisher) WithCodec(c Codec) *Publisher {
	return &Publisher{transport: p.transport, codec: c}
}

// Publish publishes an event under a name, with a random ID. Without an event, the
// message has a name but no body. Publish returns nil when the broker has stored the
// message. The error is a *MessageError, the codec's, or that of [Transport].Publish. A
// nil pointer, or more than one event, is a *MessageError. If the event has a method
// OrderKey() string, as event.Keyed asks for, its result becomes the order key of the
// message: see [Message].OrderKey. If ctx has a delay and the transport can't delay,
// Publish returns a *MessageError: see [WithDelay].
func (p *Publisher) Publish(ctx context.Context, name string, event ...any) error {
	m := Message{ID: rand.Text(), Event: name}
	switch len(event) {
	case 0:
	case 1:
		if v := reflect.ValueOf(event[0]); v.Kind() == reflect.Pointer && v.IsNil() {
			return &MessageError{ID: m.ID, Event: name, Problem: fmt.Sprintf("its event is a nil %T", event[0])}
		}
		body, err := p.codec.Encode(event[0])
		if err != nil {
			return fmt.Errorf("event %s can't be encoded: %w", name, err)
		}
		m.ContentType, m.Body = p.codec.ContentType(), body
		if keyed, ok := event[0].(interface{ OrderKey() string }); ok && keyed.OrderKey() != "" {
			m.Headers = map[string]string{orderKeyHeader: keyed.OrderKey()}
		}
	default:
		return &MessageError{ID: m.ID, Event: name, Problem: fmt.Sprintf("%d events were given for it: publish each", len(event))}
	}
	if err := CheckDelay(ctx, p.transport, m); err != nil {
		return err
	}
	return p.transport.Publish(ctx, m)
}
