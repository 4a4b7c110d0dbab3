package inspect

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// writeMarkdown writes a heading and a table for each event, for documents and
// reviews.
func writeMarkdown(w *bufio.Writer, r Report) error {
	for i, p := range r.Providers {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "## %s (%s)\n", markdownText(p.ID), markdownText(p.ListenerTag))
		for _, e := range p.Events {
			writeMarkdownEvent(w, p, e)
		}
		for _, event := range p.offAlone() {
			fmt.Fprintf(w, "\n### %s\n", markdownText(event))
			writeMarkdownRemarks(w, nil, p.offOf(event))
		}
	}
	for i, warning := range r.Warnings {
		if i == 0 {
			fmt.Fprintf(w, "\n## Warnings\n\n")
		}
		fmt.Fprintf(w, "- %s\n", markdownText(warning))
	}
	return nil
}

func writeMarkdownEvent(w *bufio.Writer, p Provider, e Event) {
	fmt.Fprintf(w, "\n### %s\n\n", markdownText(e.heading()))
	if about := e.about(); about != "" {
		fmt.Fprintf(w, "%s\n\n", markdownText(about))
	}
	if e.Undeclared {
		fmt.Fprint(w, "Nobody declares this event.\n\n")
	}
	if len(e.Listeners) == 0 {
		fmt.Fprintf(w, "N%s.\n", strings.TrimPrefix(e.empty(), "n"))
	} else {
		writeMarkdownTable(w, e)
	}
	writeMarkdownRemarks(w, e.Notes, p.offOf(e.Event))
}

// writeMarkdownRemarks writes a list of the notes and of what is off.
func writeMarkdownRemarks(w *bufio.Writer, notes []string, off []Off) {
	if len(notes)+len(off) > 0 {
		fmt.Fprintln(w)
	}
	for _, note := range notes {
		fmt.Fprintf(w, "- note: %s\n", markdownText(note))
	}
	for _, x := range off {
		fmt.Fprintf(w, "- %s\n", markdownText(x.String()))
	}
}

func writeMarkdownTable(w *bufio.Writer, e Event) {
	member := "listener"
	if e.List {
		member = "contribution"
	}
	fmt.Fprintf(w, "| | %s | reason | registered at | |\n|---|---|---|---|---|\n", member)
	for i, l := range e.Listeners {
		notes := l.Notes()
		for j := range notes {
			notes[j] = markdownText(notes[j])
		}
		fmt.Fprintf(w, "| %d | %s | %s | %s | %s |\n", i+1, markdownText(l.ID), markdownText(l.Reason), markdownText(l.Source), strings.Join(notes, "<br>"))
	}
}

// markdownText escapes characters that are markup in Markdown or in GitHub's Markdown.
func markdownText(s string) string {
	var b strings.Builder
	for _, r := range printable.Line(s) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}[]|#~!@", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
