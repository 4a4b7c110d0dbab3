package inspect

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Format is a form in which a Report is written.
type Format string

// The formats. Text is an aligned table for each event, ANSI the same with a terminal's
// colours. JSON is one line; report.schema.json, next to this package's source, describes it.
// Markdown has a table for each event. Mermaid and DOT are flowcharts for Mermaid and
// Graphviz. SVG is a picture that needs no other program.
const (
	Text     Format = "text"
	ANSI     Format = "ansi"
	JSON     Format = "json"
	Markdown Format = "markdown"
	Mermaid  Format = "mermaid"
	DOT      Format = "dot"
	SVG      Format = "svg"
)

// writers has each format with its writer, in the order in which formats lists them.
var writers = [...]struct {
	format Format
	write  func(*bufio.Writer, Report) error
}{
	{Text, writeText}, {ANSI, writeANSI}, {JSON, writeJSON}, {Markdown, writeMarkdown},
	{Mermaid, writeMermaid}, {DOT, writeDOT}, {SVG, writeSVG},
}

// formats lists the formats.
func formats() []Format {
	var all []Format
	for _, w := range writers {
		all = append(all, w.format)
	}
	return all
}

// FormatError reports an unknown format.
type FormatError struct {
	Format Format
	Known  []Format // the formats that exist
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("unknown format %q: write one of %s", string(e.Format), strings.ReplaceAll(strings.Trim(fmt.Sprint(e.Known), "[]"), " ", ", "))
}

// Write writes the report in a format. It writes the same bytes for equal reports. The
// error is a *FormatError or the error of w.
func (r Report) Write(w io.Writer, format Format) error {
	for _, known := range writers {
		if known.format == format {
			buffered := bufio.NewWriter(w)
			if err := known.write(buffered, r); err != nil {
				return err
			}
			return buffered.Flush()
		}
	}
	return &FormatError{Format: format, Known: formats()}
}

// writeJSON writes one line.
func writeJSON(w *bufio.Writer, r Report) error {
	if r.Providers == nil {
		r.Providers = []Provider{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// eachEvent visits the events of all providers with their numbers. It also visits those
// whose listeners are all off.
func (r Report) eachEvent(visit func(n int, p Provider, e Event)) {
	n := 0
	for _, p := range r.Providers {
		for _, e := range p.Events {
			visit(n, p, e)
			n++
		}
		for _, event := range p.offAlone() {
			visit(n, p, Event{Event: event})
			n++
		}
	}
}
