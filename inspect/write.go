package inspect

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Format is a form in which a Report is written.
type Format string

// The formats. SVG needs no other program; Mermaid and DOT are text for
// programs of these names.
const (
	Text    Format = "text"
	JSON    Format = "json"
	Mermaid Format = "mermaid"
	DOT     Format = "dot"
	SVG     Format = "svg"
)

// writers has each format with its writer, in the order in which they are told.
var writers = [...]struct {
	format Format
	write  func(*bufio.Writer, Report) error
}{{Text, writeText}, {JSON, writeJSON}, {Mermaid, writeMermaid}, {DOT, writeDOT}, {SVG, writeSVG}}

// Formats lists the formats.
func Formats() []Format {
	var formats []Format
	for _, w := range writers {
		formats = append(formats, w.format)
	}
	return formats
}

// FormatError is a format that there is not.
type FormatError struct{ Format Format }

func (e *FormatError) Error() string {
	return fmt.Sprintf("unknown format %q: write one of %s", string(e.Format), strings.Trim(fmt.Sprint(Formats()), "[]"))
}

// Write writes the report in a format. The same report gives the same bytes.
// The error is a *FormatError or that of w.
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
	return &FormatError{Format: format}
}

// writeJSON writes one line.
func writeJSON(w *bufio.Writer, r Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// writeText writes an aligned table for each event.
func writeText(w *bufio.Writer, r Report) error {
	for i, p := range r.Providers {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s (%s)\n", oneLine(p.ID), oneLine(p.ListenerTag))
		for _, e := range p.Events {
			writeTextEvent(w, e)
		}
	}
	return nil
}

func writeTextEvent(w *bufio.Writer, e Event) {
	fmt.Fprintf(w, "  %s\n", oneLine(e.Event))
	if len(e.Listeners) == 0 {
		fmt.Fprintln(w, "     nobody listens")
	}
	width := 0
	for _, l := range e.Listeners {
		width = max(width, utf8.RuneCountInString(oneLine(l.ID)))
	}
	digits := len(fmt.Sprint(len(e.Listeners)))
	for i, l := range e.Listeners {
		id := oneLine(l.ID)
		padding := strings.Repeat(" ", width-utf8.RuneCountInString(id))
		fmt.Fprintf(w, "    %*d  %s%s  %s\n", digits, i+1, id, padding, oneLine(l.Reason))
	}
}

// oneLine keeps hostile names from breaking a table.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return '�'
		}
		return r
	}, s)
}

// writeMermaid draws a flowchart: solid arrows for the order, dotted ones for
// hints that it does not show by itself.
func writeMermaid(w *bufio.Writer, r Report) error {
	fmt.Fprintln(w, "flowchart TD")
	r.eachEvent(func(n int, p Provider, e Event) {
		fmt.Fprintf(w, "  subgraph e%d[%s]\n", n, mermaidText(p.ID+": "+e.Event))
		for i, l := range e.Listeners {
			fmt.Fprintf(w, "    e%dl%d[%s]\n", n, i, mermaidText(fmt.Sprintf("%d. %s", i+1, l.ID)))
		}
		for i := 1; i < len(e.Listeners); i++ {
			fmt.Fprintf(w, "    e%dl%d -->|%s| e%dl%d\n", n, i-1, mermaidText(e.Listeners[i].Reason), n, i)
		}
		for _, a := range e.arrows() {
			fmt.Fprintf(w, "    e%dl%d -.-> e%dl%d\n", n, a.from, n, a.to)
		}
		fmt.Fprintln(w, "  end")
	})
	return nil
}

// mermaidText quotes a label; Mermaid knows only entities.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		if strings.ContainsRune("\"#<>&`[]{}|\\*_", r) {
			fmt.Fprintf(&b, "#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return `"` + b.String() + `"`
}

// writeDOT draws the same for Graphviz.
func writeDOT(w *bufio.Writer, r Report) error {
	fmt.Fprintln(w, "digraph rollcall {\n  node [shape=box];")
	r.eachEvent(func(n int, p Provider, e Event) {
		fmt.Fprintf(w, "  subgraph cluster_%d {\n    label=%s;\n", n, dotText(p.ID+": "+e.Event))
		for i, l := range e.Listeners {
			fmt.Fprintf(w, "    e%dl%d [label=%s];\n", n, i, dotText(fmt.Sprintf("%d. %s", i+1, l.ID), l.Reason))
		}
		for i := 1; i < len(e.Listeners); i++ {
			fmt.Fprintf(w, "    e%dl%d -> e%dl%d;\n", n, i-1, n, i)
		}
		for _, a := range e.arrows() {
			fmt.Fprintf(w, "    e%dl%d -> e%dl%d [style=dashed, constraint=false];\n", n, a.from, n, a.to)
		}
		fmt.Fprintln(w, "  }")
	})
	fmt.Fprintln(w, "}")
	return nil
}

func dotText(lines ...string) string {
	for i, line := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(oneLine(line))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

// eachEvent numbers the events of all providers.
func (r Report) eachEvent(visit func(n int, p Provider, e Event)) {
	n := 0
	for _, p := range r.Providers {
		for _, e := range p.Events {
			visit(n, p, e)
			n++
		}
	}
}
