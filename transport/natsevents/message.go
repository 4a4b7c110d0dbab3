package natsevents

import (
	"iter"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// header is that of a message on the wire, in room that can be used again.
type header struct {
	fields nats.Header
	values []string // of the fields, one each
}

// header writes one. The binding to NATS has the content type as an attribute: a
// header content-type is for events in structured mode. Of attributes that are
// percent-encoded, it is the one that others read as it stands, so only what would
// be decoded is encoded.
func (t *Transport) header(m transport.Message, duplicate string, further map[string]string) *header {
	h, ok := t.headers.Get().(*header)
	if !ok {
		h = &header{fields: nats.Header{}}
	}
	for name, value := range m.Attributes(t.settings.source) {
		h.set(name, value)
	}
	for name, value := range further {
		h.set(name, value)
	}
	h.set(jetstream.MsgIDHeader, t.store.duplicateID(duplicate))
	if m.ContentType != "" {
		h.set(contentTypeAttribute, strings.ReplaceAll(m.ContentType, "%", "%25"))
	}
	return h
}

func (h *header) set(name, value string) {
	h.values = append(h.values, value)
	h.fields[name] = h.values[len(h.values)-1 : len(h.values) : len(h.values)]
}

// release is for a header that nobody reads any more. A map keeps its size, so one
// that had to be large would take long to be read and cleared each time.
func (t *Transport) release(h *header) {
	if len(h.fields) > 64 {
		return
	}
	clear(h.fields)
	clear(h.values)
	h.values = h.values[:0]
	t.headers.Put(h)
}

// headerSize is how many bytes a header has on the wire.
func headerSize(header nats.Header) int {
	size := len("NATS/1.0\r\n\r\n")
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(value) + len(": \r\n")
		}
	}
	return size
}

// read reads a message on the wire. The error reports what the message lacks to be an
// event. Even then, the result holds whatever could be read.
func read(header nats.Header, body []byte) (transport.Message, error) {
	return transport.FromAttributes(attributes(header), contentType(header), body)
}

// contentType is that of a message that does not have it as an attribute, as one
// from another client, or in structured mode.
func contentType(header nats.Header) string {
	if _, ok := header[contentTypeAttribute]; ok {
		return ""
	}
	for name, values := range header {
		if isContentType(name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

const contentTypeAttribute = "ce-datacontenttype"

// attributes are the headers of a message on the wire, without the content type
// and those of the server.
func attributes(header nats.Header) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for name, values := range header {
			if len(values) > 0 && !isServers(name) && !isContentType(name) && !yield(name, values[0]) {
				return
			}
		}
	}
}

// withoutServers is a header without those fields by which the server acts.
func withoutServers(fields nats.Header) *header {
	left := &header{fields: make(nats.Header, len(fields))}
	for name, values := range fields {
		if !isServers(name) {
			left.fields[name] = values
		}
	}
	return left
}

func isServers(header string) bool { return len(header) > 5 && strings.EqualFold(header[:5], "nats-") }

func isContentType(header string) bool {
	return len(header) == len("content-type") && strings.EqualFold(header, "content-type")
}

// delivery reads a message of the server. The error says what it lacks of an
// event.
func delivery(m *nats.Msg) (transport.Delivery, error) {
	message, err := read(m.Header, m.Data)
	d := transport.Delivery{Message: message, Attempt: 1}
	if meta, e := m.Metadata(); e == nil {
		d.Attempt = int(meta.NumDelivered)
	}
	return d, err
}
