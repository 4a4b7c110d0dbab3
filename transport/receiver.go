package transport

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"reflect"
	"time"
)

// Receiver decodes the events of a receiver key and passes them to a function. Make it
// with [NewReceiver].
type Receiver struct {
	// Subscription has the key and the limits. Set the limits before Receive, which fills
	// in the event.
	Subscription Subscription
	handler      func(s Subscription, codecs []Codec) Handler
	codecs       []Codec
}

// NewReceiver returns a receiver that calls f for each event, decoded from JSON. The
// key "" makes it temporary. If f returns nil, the message is done. If f returns
// [RefuseFor], the message is redelivered after that time. If f returns [Dead], it becomes
// a dead letter at once. After any other error or a panic, it is redelivered: see
// [Subscription].Retry. After [Subscription].MaxAttempts, it becomes a dead letter.
//
// An event also becomes a dead letter if it can't be decoded, if it is null and f takes
// a pointer, or if no codec has its content type. For a message without a body and a
// content type, f gets the zero E, or a pointer to the zero value.
//
// In f, [DeliveryOf] returns the message. f must be safe for concurrent use if
// Subscription.MaxInFlight is more than 1.
func NewReceiver[E any](key string, f func(context.Context, E) error) *Receiver {
	isPointer := reflect.TypeFor[E]().Kind() == reflect.Pointer
	return &Receiver{Subscription: Subscription{Key: key}, codecs: []Codec{JSON{}}, handler: func(s Subscription, codecs []Codec) Handler {
		return func(ctx context.Context, d Delivery) Verdict {
			e := newEvent[E]()
			err := decode(codecs, d.Message, &e)
			if err == nil && isPointer && reflect.ValueOf(e).IsNil() {
				err = &DecodeError{Event: d.Event, ContentType: d.ContentType, Err: errors.New("there is no event: it is null")}
			}
			if err != nil {
				return Reject(err.Error())
			}
			return s.verdict(f(withDelivery(ctx, d), e), d.Attempt)
		}
	}}
}

// WithCodecs returns a copy of r that decodes with these codecs instead of JSON. A
// message is decoded by the first codec of its media type.
func (r *Receiver) WithCodecs(codecs ...Codec) *Receiver {
	other := *r
	other.codecs = codecs
	return &other
}

// Receive calls the function for each event of this name until ctx ends, and returns
// what [Transport].Subscribe returns. It may be called several times concurrently, also
// for different events.
func (r *Receiver) Receive(ctx context.Context, t Transport, event string) error {
	s := r.Subscription
	s.Event = event
	return t.Subscribe(ctx, s, r.handler(s, r.codecs))
}

// newEvent returns the zero event or, for a pointer type, a pointer to one.
func newEvent[E any]() (e E) {
	if t := reflect.TypeFor[E](); t.Kind() == reflect.Pointer {
		e = reflect.New(t.Elem()).Interface().(E)
	}
	return e
}

// decode decodes the event of a message. A message without a body or content type
// leaves the event as it is: the message has only a name.
func decode(codecs []Codec, m Message, event any) error {
	if m.ContentType == "" && len(m.Body) == 0 {
		return nil
	}
	for _, c := range codecs {
		if own := c.ContentType(); own == m.ContentType || mediaType(own) == mediaType(m.ContentType) {
			if err := c.Decode(m.Body, event); err != nil {
				return &DecodeError{Event: m.Event, ContentType: m.ContentType, Err: err}
			}
			return nil
		}
	}
	return &DecodeError{Event: m.Event, ContentType: m.ContentType, Err: errors.New("no codec has this content type")}
}

// mediaType returns a content type in lower case, without parameters.
func mediaType(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return contentType
	}
	return kind
}

// RefuseFor returns an error with which a receiver's function asks for the event to be
// redelivered, after at least this time. It may be wrapped. The attempt counts: see
// [Subscription].MaxAttempts.
func RefuseFor(after time.Duration) error { return &refusal{after} }

type refusal struct{ after time.Duration }

func (r *refusal) Error() string {
	if r.after <= 0 {
		return "refused for now"
	}
	return fmt.Sprintf("refused for %v", r.after)
}

// Dead returns an error with which a receiver's function or an asynchronous listener makes
// the event a dead letter at once, however many attempts are left. It may be wrapped, and
// it takes precedence over [RefuseFor] and other errors that are joined with it. The
// reason of the dead letter is the text of the whole error:
//
//	if _, err := mail.ParseAddress(e.To); err != nil {
//		return transport.Dead(err) // it will never be valid
//	}
//
// The error unwraps to err. Dead(nil) is an error, too: the event becomes a dead letter
// and is not lost by mistake.
func Dead(err error) error { return &dead{err} }

type dead struct{ err error }

func (d *dead) Error() string {
	if d.err == nil {
		return "given up without a reason"
	}
	return d.err.Error()
}

func (d *dead) Unwrap() error { return d.err }

type deliveryKey struct{}

func withDelivery(ctx context.Context, d Delivery) context.Context {
	return context.WithValue(ctx, deliveryKey{}, d)
}

// DeliveryOf returns the delivery that the function of a [Receiver] handles, from its
// context. It returns false for any other context, also that of a [Handler] of your
// own, which gets the delivery as an argument.
func DeliveryOf(ctx context.Context) (Delivery, bool) {
	d, ok := ctx.Value(deliveryKey{}).(Delivery)
	return d, ok
}
