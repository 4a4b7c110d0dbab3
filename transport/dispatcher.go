package transport

import (
	"context"
	"crypto/rand"
	"fmt"
	"reflect"
)

// Dispatcher publishes events by their names. It may be used concurrently.
type Dispatcher struct {
	transport Transport
	codec     Codec
}

// NewDispatcher makes a dispatcher that publishes JSON.
func NewDispatcher(t Transport) *Dispatcher { return &Dispatcher{transport: t, codec: JSON{}} }

// WithCodec is a dispatcher that encodes events by another codec.
func (d *Dispatcher) WithCodec(c Codec) *Dispatcher {
	return &Dispatcher{transport: d.transport, codec: c}
}

// Dispatch publishes an event under its name; without one, the name is all. At
// most one event may be given, and not a nil pointer. Nil means that the broker
// keeps it. The error is a *MessageError, the codec's or that of
// [Transport].Publish.
func (d *Dispatcher) Dispatch(ctx context.Context, name string, event ...any) error {
	m := Message{ID: NewID(), Event: name}
	switch len(event) {
	case 0:
	case 1:
		if v := reflect.ValueOf(event[0]); v.Kind() == reflect.Pointer && v.IsNil() {
			return &MessageError{ID: m.ID, Event: name, Problem: fmt.Sprintf("its event is a nil %T", event[0])}
		}
		body, err := d.codec.Encode(event[0])
		if err != nil {
			return fmt.Errorf("event %s can't be encoded: %w", name, err)
		}
		m.ContentType, m.Body = d.codec.ContentType(), body
	default:
		return &MessageError{ID: m.ID, Event: name, Problem: fmt.Sprintf("%d events were given for it: dispatch each", len(event))}
	}
	return d.transport.Publish(ctx, m)
}

// NewID makes an ID for a message: 130 bits by chance, as text.
func NewID() string { return rand.Text() }
