package transport

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// specVersion is that of CloudEvents.
const specVersion = "1.0"

// The prefixes of attributes: what is written, and what is read as well, from
// the bindings to other protocols.
const writtenPrefix = "ce-"

var readPrefixes = []string{writtenPrefix, "cloudEvents_", "cloudEvents:"}

// keyAttribute is the extension attribute that names the receiver.
const keyAttribute = "rollcallkey"

// Attributes is for transports: it gives the headers of a message in the binary
// mode of CloudEvents 1.0, with the prefix "ce-". The source names the process
// that publishes, where the message does not, by a URI reference such as
// "/shop"; the content type and the body go where the protocol has them. Values
// are percent-encoded, as the bindings to NATS and HTTP have it. The message's
// own headers are beside the attributes.
func Attributes(m Message, source string) map[string]string {
	headers := make(map[string]string, len(m.Headers)+5)
	for name, value := range m.Headers {
		if isExtension(name) {
			value = percentEncoded(value)
		}
		headers[name] = value
	}
	set := func(name, value string) { headers[writtenPrefix+name] = percentEncoded(value) }
	set("specversion", specVersion)
	set("id", m.ID)
	set("type", m.Event)
	set("source", cmp.Or(m.Source, source))
	if m.Key != "" {
		set(keyAttribute, m.Key)
	}
	return headers
}

// FromAttributes is for transports: it reads what Attributes has written, and
// what other implementations write with the prefixes "cloudEvents_" and
// "cloudEvents:", whose values are not encoded. Optional attributes and
// extensions become headers with the prefix "ce-". The error says what the
// headers lack of an event; what could be read is there all the same. The
// headers become the message's, without the attributes that it has fields for.
func FromAttributes(headers map[string]string, contentType string, body []byte) (Message, error) {
	m := Message{ContentType: contentType, Body: body, Headers: headers}
	var version, dataContentType string
	field := func(name string) *string {
		switch name {
		case "specversion":
			return &version
		case "id":
			return &m.ID
		case "type":
			return &m.Event
		case "source":
			return &m.Source
		case "datacontenttype":
			return &dataContentType
		case keyAttribute:
			return &m.Key
		}
		return nil
	}
	for _, prefix := range readPrefixes { // of an attribute that comes twice, the first counts
		takeAttributes(headers, prefix, field)
	}
	m.ContentType = cmp.Or(m.ContentType, dataContentType)
	for _, required := range [...]struct{ name, value string }{{"specversion", version}, {"id", m.ID}, {"type", m.Event}, {"source", m.Source}} {
		switch {
		case required.value != "":
		case strings.HasPrefix(m.ContentType, "application/cloudevents"):
			return m, errors.New("it is a CloudEvent in structured mode: send it in binary mode")
		default:
			return m, fmt.Errorf("it is no CloudEvent: the attribute %s is missing", required.name)
		}
	}
	if version != specVersion {
		return m, fmt.Errorf("it is a CloudEvent of version %s, not %s", version, specVersion)
	}
	return m, nil
}

// takeAttributes takes those with a prefix out of the headers: into their
// fields, where they have one that is still empty, or as extensions.
func takeAttributes(headers map[string]string, prefix string, field func(name string) *string) {
	var extensions [][2]string // added at the end: the loop might come to them
	for header, value := range headers {
		name, ok := attributeName(header, prefix)
		if !ok {
			continue
		}
		if prefix == writtenPrefix {
			value = percentDecoded(value)
		}
		delete(headers, header)
		if known := field(name); known != nil {
			*known = cmp.Or(*known, value)
			continue
		}
		extensions = append(extensions, [2]string{writtenPrefix + name, value})
	}
	for _, x := range extensions {
		if _, twice := headers[x[0]]; !twice {
			headers[x[0]] = x[1]
		}
	}
}

func attributeName(header, prefix string) (string, bool) {
	if len(header) > len(prefix) && strings.EqualFold(header[:len(prefix)], prefix) {
		return strings.ToLower(header[len(prefix):]), true
	}
	return "", false
}

// isAttribute says whether a header would be taken for one.
func isAttribute(header string) bool {
	return slices.ContainsFunc(readPrefixes, func(prefix string) bool {
		_, ok := attributeName(header, prefix)
		return ok
	})
}

// isExtension says whether a header is an attribute that a message has no field
// for.
func isExtension(header string) bool {
	name, ok := strings.CutPrefix(header, writtenPrefix)
	return ok && name != "" && !slices.Contains(ownAttributes, name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// ownAttributes are those that a message has fields for.
var ownAttributes = []string{"specversion", "id", "type", "source", "datacontenttype", keyAttribute}

// isReserved says whether a header is one of a message's fields, of a protocol
// or of this module.
func isReserved(name string) bool {
	for _, prefix := range readPrefixes {
		if attribute, ok := attributeName(name, prefix); ok && slices.Contains(ownAttributes, attribute) {
			return true
		}
	}
	return strings.EqualFold(name, "content-type") ||
		strings.HasPrefix(strings.ToLower(name), "rollcall-") || strings.HasPrefix(strings.ToLower(name), "nats-")
}

// percentEncoded keeps printable ASCII but for space, quote and percent.
func percentEncoded(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || mustEncode(byte(r)) }) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; mustEncode(c) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func mustEncode(c byte) bool { return c <= ' ' || c >= 0x7f || c == '"' || c == '%' }

// percentDecoded leaves alone what is not encoded well.
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
