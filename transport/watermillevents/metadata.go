package watermillevents

import (
	"net/url"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// contentType is the name of the metadata with a message's content type.
const contentType = "content-type"

// encodedPrefix begins the names of headers whose names and values are encoded.
const encodedPrefix = "watermill-"

// headersOf converts metadata to headers and a content type.
func headersOf(metadata message.Metadata) (headers map[string]string, kind string) {
	headers = map[string]string{}
	for name, value := range metadata {
		switch {
		case name == contentType && value != "" && fits(transport.Message{ContentType: value}):
			kind = value
		case !strings.HasPrefix(name, encodedPrefix) && fits(transport.Message{Headers: map[string]string{name: value}}):
			headers[name] = value
		default:
			headers[encodedPrefix+url.QueryEscape(name)] = url.QueryEscape(value)
		}
	}
	return headers, kind
}

// fits reports whether a transport can carry a part of a message unchanged.
func fits(part transport.Message) bool {
	part.ID, part.Event = "id", "event"
	return part.Check() == nil
}

// metadataOf reverses headersOf. A header that only looks encoded stays as it is.
func metadataOf(headers map[string]string, kind string) message.Metadata {
	metadata := message.Metadata{}
	for header, text := range headers {
		if name, value, ok := decoded(header, text); ok {
			header, text = name, value
		}
		metadata[header] = text
	}
	if kind != "" {
		metadata[contentType] = kind
	}
	return metadata
}

func decoded(header, text string) (name, value string, ok bool) {
	name, ok = strings.CutPrefix(header, encodedPrefix)
	if !ok {
		return "", "", false
	}
	name, errName := url.QueryUnescape(name)
	value, errValue := url.QueryUnescape(text)
	return name, value, errName == nil && errValue == nil
}
