package inspect

import (
	"bufio"
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/printable"
)

// palette has the escape sequences for colours in a terminal. They are empty for plain
// text.
type palette struct{ bold, dim, warn, reset string }

var (
	plain    = palette{}
	coloured = palette{bold: "\x1b[1m", dim: "\x1b[2m", warn: "\x1b[33m", reset: "\x1b[0m"}
)

func (c palette) paint(colour, text string) string {
	if text == "" {
		return ""
	}
	return colour + text + c.resetAfter(colour)
}

func (c palette) resetAfter(colour string) string {
	if colour == "" {
		return ""
	}
	return c.reset
}

func writeText(w *bufio.Writer, r Report) error { return writeTable(w, r, plain) }
func writeANSI(w *bufio.Writer, r Report) error { return writeTable(w, r, coloured) }

// writeTable writes an aligned table for each event.
func writeTable(w *bufio.Writer, r Report, c palette) error {
	for i, p := range r.Providers {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s\n", c.paint(c.bold, printable.Line(p.ID)+" ("+printable.Line(p.ListenerTag)+")"))
		for _, e := range p.Events {
			writeTableEvent(w, p, e, c)
		}
		for _, event := range p.offAlone() {
			fmt.Fprintf(w, "  %s\n", c.paint(c.bold, printable.Line(event)))
			writeOff(w, p, event, c)
		}
	}
	for i, warning := range r.Warnings {
		if i == 0 && len(r.Providers) > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s\n", c.paint(c.warn, "warning: "+printable.Line(warning)))
	}
	return nil
}

// writeOff writes what is off of an event.
func writeOff(w *bufio.Writer, p Provider, event string, c palette) {
	for _, x := range p.offOf(event) {
		fmt.Fprintf(w, "    %s\n", c.paint(c.warn, printable.Line(x.String())))
	}
}

func writeTableEvent(w *bufio.Writer, p Provider, e Event, c palette) {
	fmt.Fprintf(w, "  %s%s%s\n", e.kind(), c.paint(c.bold, printable.Line(e.Event)), c.paint(c.dim, before("  ", e.about())))
	if e.Undeclared {
		fmt.Fprintf(w, "    %s\n", c.paint(c.warn, "nobody declares this event"))
	}
	if len(e.Listeners) == 0 {
		fmt.Fprintf(w, "    %s\n", c.paint(c.warn, e.empty()))
	}
	ids, reasons := 0, 0
	for _, l := range e.Listeners {
		ids, reasons = max(ids, columns(printable.Line(l.ID))), max(reasons, columns(printable.Line(l.Reason)))
	}
	digits := len(strconv.Itoa(len(e.Listeners)))
	for i, l := range e.Listeners {
		row := fmt.Sprintf("    %*d  %s  ", digits, i+1, padded(printable.Line(l.ID), ids))
		if l.Source == "" {
			row += printable.Line(l.Reason)
		} else {
			row += padded(printable.Line(l.Reason), reasons) + c.paint(c.dim, "  "+printable.Line(l.Source))
		}
		fmt.Fprintln(w, row)
		for _, note := range l.Notes() {
			fmt.Fprintf(w, "    %*s  %s\n", digits, "", c.paint(c.warn, "- "+printable.Line(note)))
		}
	}
	for _, note := range e.Notes {
		fmt.Fprintf(w, "    %s\n", c.paint(c.warn, "note: "+printable.Line(note)))
	}
	writeOff(w, p, e.Event, c)
}

// kind returns "list " for a list, to stand before its name.
func (e Event) kind() string {
	if e.List {
		return "list "
	}
	return ""
}

// heading returns the name with the kind before it.
func (e Event) heading() string { return e.kind() + e.Event }

// empty returns what to say of an event without listeners.
func (e Event) empty() string {
	if e.List {
		return "nobody contributes"
	}
	return "nobody listens"
}

// about returns the event's type and the place of its declaration, if they are known.
// It leaves out a type that is the event's name.
func (e Event) about() string {
	var parts []string
	if e.Type != "" && e.Type != e.Event {
		parts = append(parts, printable.Line(e.Type))
	}
	if e.Source != "" {
		parts = append(parts, "declared at "+printable.Line(e.Source))
	}
	return strings.Join(parts, ", ")
}

// Notes returns remarks on the listener: what it listens to, its receiver key, what an
// order file replaced, and hints without effect. Names in them are not escaped.
func (l Listener) Notes() []string {
	var notes []string
	if l.Hears != "" {
		notes = append(notes, "listens to "+l.Hears)
	}
	switch l.Async {
	case "":
	case friend.AnyKey:
		notes = append(notes, "published for receivers that are subscribed")
	default:
		notes = append(notes, "asynchronous, receiver key "+l.Async)
	}
	if l.Overridden != nil {
		notes = append(notes, cmp.Or(l.Placement.Source, l.Source, "the order file")+" says "+cmp.Or(l.Placement.String(), "nothing")+"; the code says "+cmp.Or(l.Overridden.String(), "nothing"))
	}
	for _, n := range l.NoEffect {
		notes = append(notes, n.Hint+" has no effect: "+n.Why)
	}
	return notes
}

// before returns a text with a prefix, or "" if the text is empty.
func before(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}
