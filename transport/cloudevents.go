package transport

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// specVersion is the version of CloudEvents.
const specVersion = "1.0"

// The prefixes of attributes in header names. Only writtenPrefix is written. The others
// are also read, because the bindings to other protocols use them.
const writtenPrefix = "ce-"

var readPrefixes = []string{writtenPrefix, "cloudEvents_", "cloudEvents:"}

// keyAttribute is the extension attribute that names the receiver.
const keyAttribute = "rollcallkey"

// Attributes is for transports. It returns the headers of a message in the binary mode
// of CloudEvents 1.0: its attributes, with the prefix "ce-", and its own headers. If
// the message has no source, the argument is used, a URI reference such as "/shop". The
// values of attributes are percent-encoded, as the bindings to NATS and HTTP require.
// The content type and the body are not included, because each protocol has its own
// place for them.
func (m Message) Attributes(source string) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		for name, value := range m.Headers {
			if isExtension(name) {
				value = percentEncoded(value)
			}
			if !yield(name, value) {
				return
			}
		}
		_ = yield(writtenPrefix+"specversion", specVersion) &&
			yield(writtenPrefix+"id", percentEncoded(m.ID)) &&
			yield(writtenPrefix+"type", percentEncoded(m.Event)) &&
			yield(writtenPrefix+"source", percentEncoded(cmp.Or(m.Source, source))) &&
			m.Key != "" && yield(writtenPrefix+keyAttribute, percentEncoded(m.Key))
	}
}

// FromAttributes is for transports. It reads what Attributes has written. It also
// reads what other implementations write with the prefixes "cloudEvents_" and
// "cloudEvents:", whose values are not encoded. Optional attributes and extensions
// become headers with the prefix "ce-". If the headers are not those of an event,
// the error says why, and the message still contains what could be read.
func FromAttributes(headers iter.Seq2[string, string], contentType string, body []byte) (Message, error) {
	r := attributeReader{message: Message{ContentType: contentType, Body: body}}
	for name, value := range headers {
		r.read(name, value)
	}
	r.readOthers()
	m := r.message
	m.ContentType = cmp.Or(m.ContentType, r.dataContentType)
	for _, required := range [...]struct{ name, value string }{{"specversion", r.version}, {"id", m.ID}, {"type", m.Event}, {"source", m.Source}} {
		switch {
		case required.value != "":
		case strings.HasPrefix(m.ContentType, "application/cloudevents"):
			return m, errors.New("it is a CloudEvent in structured mode: send it in binary mode")
		default:
			return m, fmt.Errorf("it is not a CloudEvent: the attribute %s is missing", required.name)
		}
	}
	if r.version != specVersion {
		return m, fmt.Errorf("it is a CloudEvent of version %s, not %s", r.version, specVersion)
	}
	return m, nil
}

// attributeReader collects the parts of a message from its headers.
type attributeReader struct {
	message         Message
	version         string
	dataContentType string
	others          []otherAttribute
}

// otherAttribute is an attribute whose prefix is not writtenPrefix.
type otherAttribute struct{ prefix, name, value string }

func (r *attributeReader) read(header, value string) {
	if name, ok := attributeName(header, writtenPrefix); ok {
		r.set(name, percentDecoded(value))
		return
	}
	for _, prefix := range readPrefixes[1:] {
		if name, ok := attributeName(header, prefix); ok {
			r.others = append(r.others, otherAttribute{prefix, name, value})
			return
		}
	}
	r.setHeader(header, value)
}

// readOthers sets the attributes with other prefixes. It is called last, so attributes
// with writtenPrefix take precedence.
func (r *attributeReader) readOthers() {
	for _, prefix := range readPrefixes[1:] {
		for _, other := range r.others {
			if other.prefix == prefix {
				r.set(other.name, other.value)
			}
		}
	}
}

// set sets an attribute, unless it is already set.
func (r *attributeReader) set(name, value string) {
	if field := r.field(name); field != nil {
		*field = cmp.Or(*field, value)
	} else if _, twice := r.message.Headers[writtenPrefix+name]; !twice {
		r.setHeader(writtenPrefix+name, value)
	}
}

func (r *attributeReader) setHeader(name, value string) {
	if r.message.Headers == nil {
		r.message.Headers = map[string]string{}
	}
	r.message.Headers[name] = value
}

// field returns the field of an attribute, or nil if it is an extension.
func (r *attributeReader) field(name string) *string {
	switch name {
	case "specversion":
		return &r.version
	case "id":
		return &r.message.ID
	case "type":
		return &r.message.Event
	case "source":
		return &r.message.Source
	case "datacontenttype":
		return &r.dataContentType
	case keyAttribute:
		return &r.message.Key
	}
	return nil
}

func attributeName(header, prefix string) (string, bool) {
	if len(header) > len(prefix) && strings.EqualFold(header[:len(prefix)], prefix) {
		return strings.ToLower(header[len(prefix):]), true
	}
	return "", false
}

// isAttribute reports whether a header would be read as an attribute.
func isAttribute(header string) bool {
	return slices.ContainsFunc(readPrefixes, func(prefix string) bool {
		_, ok := attributeName(header, prefix)
		return ok
	})
}

// isExtension reports whether a header is a valid attribute that has no field in Message.
func isExtension(header string) bool {
	name, ok := strings.CutPrefix(header, writtenPrefix)
	return ok && name != "" && !slices.Contains(ownAttributes, name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// ownAttributes are the attributes that have a field in Message.
var ownAttributes = []string{"specversion", "id", "type", "source", "datacontenttype", keyAttribute}

// isReserved reports whether a header belongs to a message's fields, to a protocol
// or to this module.
func isReserved(name string) bool {
	for _, prefix := range readPrefixes {
		if attribute, ok := attributeName(name, prefix); ok && slices.Contains(ownAttributes, attribute) {
			return true
		}
	}
	return strings.EqualFold(name, "content-type") ||
		strings.HasPrefix(strings.ToLower(name), "rollcall-") || strings.HasPrefix(strings.ToLower(name), "nats-")
}

// percentEncoded keeps printable ASCII except space, quote and percent.
func percentEncoded(s string) string {
	clean := 0
	for clean < len(s) && !mustEncode(s[clean]) {
		clean++
	}
	if clean == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:clean])
	for i := clean; i < len(s); i++ {
		if c := s[i]; mustEncode(c) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func mustEncode(c byte) bool { return c <= ' ' || c >= 0x7f || c == '"' || c == '%' }

// percentDecoded leaves invalid encodings as they are.
func percentDecoded(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.WriteByte(c[0])
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
