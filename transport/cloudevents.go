package transport

import (
	"cmp"
	"fmt"
	"maps"
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
// that publishes, by a URI reference such as "/shop"; the content type and the
// body go where the protocol has them. Values are percent-encoded, as
// the bindings to NATS and HTTP have it. The message's own headers are beside
// the attributes.
func Attributes(m Message, source string) map[string]string {
	headers := maps.Clone(m.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	set := func(name, value string) { headers[writtenPrefix+name] = percentEncoded(value) }
	set("specversion", specVersion)
	set("id", m.ID)
	set("type", m.Event)
	set("source", source)
	if m.Key != "" {
		set(keyAttribute, m.Key)
	}
	return headers
}

// FromAttributes is for transports: it reads what Attributes has written, and
// what other implementations write with the prefixes "cloudEvents_" and
// "cloudEvents:". The error says what the headers lack of an event; what could
// be read is there all the same. The headers become the message's, without the
// attributes.
func FromAttributes(headers map[string]string, contentType string, body []byte) (Message, error) {
	m := Message{ContentType: contentType, Body: body, Headers: headers}
	var version, source, dataContentType string
	for name, value := range headers {
		attribute, ok := attributeName(name)
		if !ok {
			continue
		}
		delete(headers, name)
		switch value = percentDecoded(value); attribute {
		case "specversion":
			version = value
		case "source":
			source = value
		case "id":
			m.ID = value
		case "type":
			m.Event = value
		case "datacontenttype":
			dataContentType = value
		case keyAttribute:
			m.Key = value
		}
	}
	m.ContentType = cmp.Or(m.ContentType, dataContentType)
	for _, required := range [...]struct{ name, value string }{{"specversion", version}, {"id", m.ID}, {"type", m.Event}, {"source", source}} {
		if required.value == "" {
			return m, fmt.Errorf("it is no CloudEvent: the attribute %s is missing", required.name)
		}
	}
	if version != specVersion {
		return m, fmt.Errorf("it is a CloudEvent of version %s, not %s", version, specVersion)
	}
	return m, nil
}

func attributeName(header string) (string, bool) {
	for _, prefix := range readPrefixes {
		if len(header) > len(prefix) && strings.EqualFold(header[:len(prefix)], prefix) {
			return strings.ToLower(header[len(prefix):]), true
		}
	}
	return "", false
}

// isReserved says whether a header would be taken for an attribute, or for one
// of a protocol or of this module.
func isReserved(name string) bool {
	_, attribute := attributeName(name)
	return attribute || strings.EqualFold(name, "content-type") ||
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
		var c byte
		if s[i] == '%' && i+2 < len(s) {
			if n, err := fmt.Sscanf(s[i+1:i+3], "%02x", &c); n == 1 && err == nil {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
