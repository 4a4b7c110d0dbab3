package transport

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxName is the maximum length of event names, keys and IDs, in bytes. Names and keys of
// this length fit into the names of queues and subjects.
const maxName = 128

// Check is for transports. It returns a *MessageError if some broker could not carry m
// unchanged, for example because its event's name contains a space.
func (m Message) Check() error {
	problem := ""
	switch {
	case m.ID == "":
		problem = "it has no ID"
	case m.Event == "":
		problem = "it has no event"
	case !isText(m.ID) || len(m.ID) > maxName:
		problem = "its ID must be printable and have 128 bytes at most"
	case nameProblem(m.Event) != "":
		problem = "its event's name " + nameProblem(m.Event)
	case nameProblem(m.Key) != "":
		problem = "its key " + nameProblem(m.Key)
	case !isText(m.ContentType) || !isText(m.Source):
		problem = "its content type and source must be printable"
	case isPadded(m.ContentType):
		problem = "its content type must not begin or end with a space"
	default:
		problem = headerProblem(m.Headers)
	}
	if problem == "" {
		return nil
	}
	return &MessageError{ID: m.ID, Event: m.Event, Problem: problem}
}

// Check is for transports. It returns s with the defaults for limits that are 0, or a
// *SubscriptionError if a name is invalid or a limit is negative.
func (s Subscription) Check() (Subscription, error) {
	problem := ""
	switch {
	case s.Event == "":
		problem = "it names no event"
	case nameProblem(s.Event) != "":
		problem = "the event's name " + nameProblem(s.Event)
	case nameProblem(s.Key) != "":
		problem = "the key " + nameProblem(s.Key)
	case s.MaxInFlight < 0 || s.MaxAttempts < 0:
		problem = "MaxInFlight and MaxAttempts must not be negative"
	case s.Timeout < 0 || s.Slow < 0:
		problem = "Timeout and Slow must not be negative"
	}
	if problem != "" {
		return s, &SubscriptionError{Subscription: s, Problem: problem}
	}
	return s.withDefaults(), nil
}

// nameProblem returns why an event name or a key can't be part of the names of queues and
// subjects. It returns "" if the name is valid or empty.
func nameProblem(name string) string {
	switch {
	case len(name) > maxName:
		return "has more than 128 bytes"
	case !isText(name):
		return "has characters that can't be printed"
	case strings.ContainsAny(name, " *>/"):
		return "has a space or one of * > /"
	case strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, ".."):
		return "has an empty part between dots"
	}
	return ""
}

// isText reports whether s is valid UTF-8 without control characters.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// isPadded reports whether s begins or ends with a space. Some clients cut off such
// spaces.
func isPadded(s string) bool { return strings.Trim(s, " ") != s }

// tokenMarks are the characters besides letters and digits that header names may contain,
// as in HTTP. Some clients drop headers with other names.
const tokenMarks = "!#$%&'*+-.^_`|~"

func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(tokenMarks, r)
	})
}

// headerProblem returns what is wrong with one of the headers, or "" if all are valid.
func headerProblem(headers map[string]string) string {
	for name, value := range headers {
		switch {
		case !isToken(name):
			return fmt.Sprintf("the header's name %q must consist of letters, digits and %s", name, tokenMarks)
		case isReserved(name):
			return "the header " + name + " is reserved"
		case !isExtension(name) && isAttribute(name):
			return "the header " + name + " is not a valid attribute: write ce- followed by lower-case letters or digits"
		case !isText(value):
			return "the value of header " + name + " must be printable"
		case isPadded(value) && !isExtension(name):
			return "the value of header " + name + " must not begin or end with a space"
		}
	}
	return ""
}
