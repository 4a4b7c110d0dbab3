package nats

import (
	"iter"
	"maps"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// header is that of a message on the wire.
func (t *Transport) header(m transport.Message, duplicate string, further map[string]string) nats.Header {
	size := len(m.Headers) + len(further) + 8
	header := make(nats.Header, size)
	values := make([]string, 0, size)
	set := func(name, value string) {
		values = append(values, value)
		header[name] = values[len(values)-1 : len(values) : len(values)]
	}
	for name, value := range transport.Attributes(m, t.settings.source) {
		set(name, value)
	}
	for name, value := range further {
		set(name, value)
	}
	set(jetstream.MsgIDHeader, t.store.duplicateID(duplicate))
	if m.ContentType != "" {
		set("content-type", m.ContentType)
		set("ce-datacontenttype", m.ContentType) // as the binding to NATS has it
	}
	return header
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

// read reads a message on the wire. The error says what it lacks of an event;
// what could be read is there all the same.
func read(header nats.Header, body []byte) (transport.Message, error) {
	return transport.FromAttributes(attributes(header), contentType(header), body)
}

func contentType(header nats.Header) string {
	if values := header["content-type"]; len(values) > 0 { // as we write it
		return values[0]
	}
	for name, values := range header {
		if isContentType(name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

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

// withoutServers are the headers without those by which the server acts.
func withoutServers(header nats.Header) nats.Header {
	left := maps.Clone(header)
	maps.DeleteFunc(left, func(name string, _ []string) bool { return isServers(name) })
	return left
}

func isServers(header string) bool { return len(header) > 5 && strings.EqualFold(header[:5], "nats-") }

func isContentType(header string) bool { return strings.EqualFold(header, "content-type") }

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
