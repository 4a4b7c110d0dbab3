package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// jsonPrinter prints one JSON object a line. letters.schema.json describes them.
type jsonPrinter struct {
	encoder *json.Encoder
	request request
}

func newJSONPrinter(to io.Writer, r request) *jsonPrinter {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	return &jsonPrinter{e, r}
}

type jsonReceiver struct {
	Type     string   `json:"type"` // "receiver"
	Event    string   `json:"event"`
	Key      string   `json:"key"`
	Waiting  *int     `json:"waiting,omitempty"`
	InFlight *int     `json:"in_flight,omitempty"`
	Retrying *int     `json:"retrying,omitempty"`
	Dead     *int     `json:"dead,omitempty"`
	Oldest   *float64 `json:"oldest_seconds,omitempty"`
}

func (p *jsonPrinter) receiver(of transport.Subscription, b *transport.Backlog, known counts) error {
	o := jsonReceiver{Type: "receiver", Event: of.Event, Key: of.Key}
	if b == nil {
		return p.encoder.Encode(o)
	}
	o.Waiting, o.Dead = &b.Waiting, &b.Dead
	if known.inFlight {
		o.InFlight = &b.InFlight
	}
	if known.retrying {
		o.Retrying = &b.Retrying
	}
	if seconds := b.Oldest.Seconds(); known.oldest && seconds > 0 {
		o.Oldest = &seconds
	}
	return p.encoder.Encode(o)
}

type jsonLetter struct {
	Type        string            `json:"type"` // "letter"
	Event       string            `json:"event"`
	Key         string            `json:"key"`
	ID          string            `json:"id"`
	Source      string            `json:"source"`
	Attempts    int               `json:"attempts"`
	At          *time.Time        `json:"at,omitempty"`
	Reason      string            `json:"reason"`
	ContentType string            `json:"content_type,omitempty"`
	Size        int               `json:"size"`
	Headers     map[string]string `json:"headers,omitempty"`
	Body        *string           `json:"body,omitempty"`
	BodyBase64  []byte            `json:"body_base64,omitempty"`
	Done        *bool             `json:"done,omitempty"`
}

func (p *jsonPrinter) letter(l transport.DeadLetter) error {
	o := jsonLetter{
		Type: "letter", Event: l.Event, Key: l.Key, ID: l.ID, Source: l.Source, Attempts: l.Attempt,
		Reason: l.Reason, ContentType: l.ContentType, Size: len(l.Body),
	}
	if at := l.At.UTC(); !at.IsZero() {
		o.At = &at
	}
	if p.request.command == show {
		o.Headers = l.Headers
	}
	if p.request.body {
		if text, isText := textOf(l.Body); isText {
			o.Body = &text
		} else {
			o.BodyBase64 = l.Body
		}
	}
	if p.request.changes() {
		o.Done = &p.request.yes
	}
	return p.encoder.Encode(o)
}

type jsonSummary struct {
	Type        string `json:"type"` // "summary"
	Command     string `json:"command"`
	Seen        int    `json:"seen"`
	Selected    int    `json:"selected"`
	Done        *int   `json:"done,omitempty"`
	Interrupted bool   `json:"interrupted,omitempty"`
}

func (p *jsonPrinter) end(s *summary) error {
	if s == nil {
		return nil
	}
	o := jsonSummary{Type: "summary", Command: s.Command, Seen: s.Seen, Selected: s.Selected, Interrupted: s.Interrupted}
	if p.request.changes() {
		o.Done = &s.Done
	}
	return p.encoder.Encode(o)
}

// failed prints an error. If that fails, too, standard error has it.
func (p *jsonPrinter) failed(message string) {
	_ = p.encoder.Encode(struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	}{"error", message})
}
