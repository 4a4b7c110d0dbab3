package watermillevents

import (
	"crypto/rand"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
)

// The metadata of retries and dead letters.
const (
	attemptKey = "rollcall-attempt"
	dueKey     = "rollcall-due"
	reasonKey  = "rollcall-reason"
	buriedKey  = "rollcall-buried"
)

// incoming is a message from a backend, with what was read from it.
type incoming struct {
	*message.Message
	delivery transport.Delivery
	due      time.Time // of a retry
	reason   string    // of a dead letter
	buried   time.Time
}

// read reads a message. If it is not an event, the error says why, and the result
// still contains what could be read.
func read(m *message.Message) (incoming, error) {
	in := incoming{Message: m, delivery: transport.Delivery{Attempt: 1}}
	headers, kind := map[string]string{}, ""
	for name, value := range m.Metadata {
		switch name {
		case contentType:
			kind = value
		case attemptKey:
			in.delivery.Attempt = max(1, number(value))
		case dueKey:
			in.due = moment(value)
		case reasonKey:
			in.reason, _ = url.QueryUnescape(value)
		case buriedKey:
			in.buried = moment(value)
		default:
			headers[name] = value
		}
	}
	var err error
	given := len(headers)
	in.delivery.Message, err = transport.FromAttributes(maps.All(headers), kind, m.Payload)
	if isPlain := len(in.delivery.Headers) == given; isPlain {
		in.delivery.ID, err = m.UUID, nil
		if kind != "" {
			headers[contentType] = kind
		}
		in.delivery.Headers, in.delivery.ContentType = headersOf(headers) // headers that can be published again
	}
	if in.delivery.ID == "" && err == nil {
		in.delivery.ID = rand.Text() // Watermill does not require an ID
	}
	// A backend inside the process may hand one message to several subscribers.
	in.delivery.Message = in.delivery.Clone()
	return in, err
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func moment(s string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, s)
	return t
}
