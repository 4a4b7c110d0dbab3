package inspect

import (
	"bufio"
	"fmt"
)

// writeMarkdown writes a heading, and a table for each event, for a comment on a pull
// request.
func (d Diff) writeMarkdown(w *bufio.Writer) {
	if len(d.Events) == 0 {
		fmt.Fprintln(w, "### The order is the same")
		return
	}
	fmt.Fprintln(w, "### The order changes")
	for _, e := range d.Events {
		fmt.Fprintf(w, "\n#### %s\n\n| | listener | place | reason |\n|---|---|---|---|\n", markdownText(e.title()))
		for _, c := range e.Changes {
			fmt.Fprintf(w, "| **%s** | %s | %s → %s | %s |\n", c.Kind, markdownText(c.Listener), place(c.From), place(c.To), c.markdownReason())
		}
	}
}

// markdownReason returns why the listener is at its new place, and why it was at the old
// one if that is something else.
func (c Change) markdownReason() string {
	switch c.Kind {
	case off:
		return markdownText(c.By)
	case on:
		return markdownText(c.Reason) + "<br>it was off: " + markdownText(c.By)
	case removed:
		return ""
	}
	if c.Was == "" || c.Was == c.Reason {
		return markdownText(c.Reason)
	}
	return markdownText(c.Reason) + "<br>it was: " + markdownText(c.Was)
}
