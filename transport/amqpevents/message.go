package amqpevents

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// ours begins the names of the transport's own headers.
const ours = "rollcall-"

// brokerHeaders are the headers that RabbitMQ adds to a message or acts on. They are not
// headers of the event.
var brokerHeaders = map[string]bool{
	"CC": true, "BCC": true,
	"x-death": true, "x-delivery-count": true, "x-acquired-count": true,
	"x-first-death-exchange": true, "x-first-death-queue": true, "x-first-death-reason": true,
	"x-last-death-exchange": true, "x-last-death-queue": true, "x-last-death-reason": true,
}

// maxShort is the maximum length of AMQP's short strings, in bytes. The names of headers
// and the content type are short strings. The client cuts off the rest.
const maxShort = 255

// check returns an error for a message that AMQP can't carry unchanged.
func (t *Transport) check(m transport.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	if len(m.Body) > t.settings.maxBody {
		return problem(m, "its body has %d bytes, %d is the limit: see the option MaxBody", len(m.Body), t.settings.maxBody)
	}
	if len(m.ContentType) > maxShort {
		return problem(m, "its content type has more than %d bytes", maxShort)
	}
	for name := range m.Headers {
		switch {
		case len(name) > maxShort:
			return problem(m, "the name of a header has more than %d bytes", maxShort)
		case brokerHeaders[name]:
			return problem(m, "the header %s is one that RabbitMQ acts on", name)
		}
	}
	return nil
}

// publishing returns a message as AMQP represents it.
func (t *Transport) publishing(m transport.Message) amqp091.Publishing {
	headers := make(amqp091.Table, len(m.Headers)+6)
	for name, value := range m.Attributes(t.settings.source) {
		headers[name] = value
	}
	return amqp091.Publishing{
		DeliveryMode: amqp091.Persistent, ContentType: m.ContentType, MessageId: m.ID, Headers: headers, Body: m.Body,
	}
}

// again returns a delivered message to be published again. The copy is unchanged, except
// that headers replaces the transport's own headers. It omits headers and properties that
// would lead it elsewhere, or make the broker refuse it.
func again(d amqp091.Delivery, headers amqp091.Table) amqp091.Publishing {
	all := make(amqp091.Table, len(d.Headers)+len(headers)+1)
	for name, value := range d.Headers {
		if !brokerHeaders[name] && !strings.HasPrefix(name, ours) {
			all[name] = value
		}
	}
	maps.Copy(all, headers)
	return amqp091.Publishing{
		DeliveryMode: amqp091.Persistent, Headers: all, Body: d.Body,
		ContentType: d.ContentType, ContentEncoding: d.ContentEncoding, Priority: d.Priority, CorrelationId: d.CorrelationId,
		ReplyTo: d.ReplyTo, MessageId: d.MessageId, Timestamp: d.Timestamp, Type: d.Type, AppId: d.AppId,
	}
}

// message reads a message from the broker. The error reports what the message lacks to be
// an event. Even then, the result holds whatever could be read. The body is a copy,
// because the handler may change it and the original may be published again.
func message(d amqp091.Delivery) (transport.Message, error) {
	return readMessage(d, slices.Clone(d.Body))
}

func readMessage(d amqp091.Delivery, body []byte) (transport.Message, error) {
	return transport.FromAttributes(attributes(d.Headers), d.ContentType, body)
}

// attributes returns the headers of the event, without those of the broker and the
// transport.
func attributes(table amqp091.Table) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for name, value := range table {
			if !brokerHeaders[name] && !strings.HasPrefix(name, ours) && !yield(name, text(value)) {
				return
			}
		}
	}
}

// text returns the value of a header as text. Other programs may write values that are
// not strings.
func text(value any) string {
	switch v := value.(type) {
	case string:
		return valid(v)
	case []byte:
		return valid(string(v))
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case nil:
		return ""
	case amqp091.Table, []any, amqp091.Decimal:
		if encoded, err := json.Marshal(v); err == nil {
			return string(encoded)
		}
	}
	return valid(fmt.Sprint(value))
}

func valid(s string) string { return strings.ToValidUTF8(s, string(utf8.RuneError)) }

// number returns the value of a header as a number, or 0 if it is not a number.
func number(value any) int64 {
	n, err := strconv.ParseInt(text(value), 10, 64)
	if err != nil {
		return 0
	}
	return max(0, n)
}

// oursSize is the room in a frame for the transport's own headers, and for what every
// frame contains.
const oursSize = maxReason + 1024

// fits reports whether the properties of a message fit into one frame, as the broker
// requires. It leaves room for the transport's own headers, so that every published
// message can be retried and become a dead letter.
func fits(m amqp091.Publishing, frame int) bool {
	size := oursSize + len(m.ContentType) + len(m.ContentEncoding) + len(m.CorrelationId) + len(m.ReplyTo) +
		len(m.MessageId) + len(m.Type) + len(m.AppId)
	for name, value := range m.Headers {
		if !strings.HasPrefix(name, ours) {
			size += 1 + len(name) + fieldSize(value)
		}
	}
	return frame == 0 || size <= frame
}

// fieldSize returns the maximum size of a value on the wire, in bytes.

func fieldSize(value any) int {
	size := 5
	switch v := value.(type) {
	case string:
		size += len(v)
	case []byte:
		size += len(v)
	case []any:
		for _, element := range v {
			size += fieldSize(element)
		}
	case amqp091.Table:
		for name, element := range v {
			size += 1 + len(name) + fieldSize(element)
		}
	default:
		size = 9
	}
	return size
}
