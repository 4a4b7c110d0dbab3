package natsevents

import (
	"iter"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// header is the header of a message on the wire. It can be reused.
type header struct {
	fields nats.Header
	values []string // the values of the fields, one each
}

// header returns the header of a message on the wire. The NATS binding of CloudEvents has
// the content type as an attribute, because a header content-type would mean structured
// mode. Other programs read this attribute without percent-decoding it. Only percent
// signs are therefore encoded in it, because decoding would change nothing else.
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

// release makes a header available for reuse. Nothing may read it any more. Large headers
// are not reused: a map keeps its size, so reading and clearing a large one would always
// be slow.
func (t *Transport) release(h *header) {
	if len(h.fields) > 64 {
		return
	}
	clear(h.fields)
	clear(h.values)
	h.values = h.values[:0]
	t.headers.Put(h)
}

// headerSize returns the size of a header on the wire, in bytes.
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

// contentType returns the content-type header of a message, or "" if the message has its
// content type as an attribute. Messages from other clients or in structured mode have
// the header.
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

// attributes returns the headers of a message on the wire, except the content type and
// the headers of the server.
func attributes(header nats.Header) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for name, values := range header {
			if len(values) > 0 && !isServers(name) && !isContentType(name) && !yield(name, values[0]) {
				return
			}
		}
	}
}

// withoutServers returns a header without the fields that the server acts on.
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

// delivery reads a message from the server. The error reports what the message lacks to
// be an event.
func delivery(m *nats.Msg) (transport.Delivery, error) {
	message, err := read(m.Header, m.Data)
	d := transport.Delivery{Message: message, Attempt: 1}
	if meta, e := m.Metadata(); e == nil {
		d.Attempt = int(meta.NumDelivered)
	}
	return d, err
}
