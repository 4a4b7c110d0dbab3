package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/rollcall-go/rollcall/internal/printable"
	"github.com/rollcall-go/rollcall/transport"
)

// printer prints results to standard output.
type printer interface {
	// receiver prints the backlog of a receiver, which is nil if it is unknown.
	receiver(of transport.Subscription, b *transport.Backlog, known counts) error
	// letter prints a selected letter. If it was to be changed, that is done.
	letter(l transport.DeadLetter) error
	// end prints what is left. The summary is nil if nothing was looked at.
	end(s *summary) error
	// failed prints an error, which standard error has, too.
	failed(message string)
}

func newPrinter(r request, stdout io.Writer, p *progress, now time.Time) printer {
	w := beside{stdout, p}
	if r.json {
		return newJSONPrinter(w, r)
	}
	if r.command == list {
		return newTables(w, now)
	}
	return &lines{to: w, request: r, now: now}
}

// beside writes to standard output. It erases the line of progress before, because both
// may be the same terminal.
type beside struct {
	io.Writer
	progress *progress
}

func (b beside) Write(text []byte) (int, error) {
	b.progress.hide()
	return b.Writer.Write(text)
}

// summary counts dead letters.
type summary struct {
	Command     string
	Seen        int
	Selected    int
	Done        int // were replayed or discarded
	DryRun      bool
	Interrupted bool
}

// String returns a sentence.
func (s summary) String() string {
	var b strings.Builder
	n := s.Selected
	verb := map[string]string{list: "selected", show: "selected", replay: "replayed", discard: "discarded"}[s.Command]
	switch {
	case s.DryRun:
		verb = "would be " + verb
	case s.Command == replay || s.Command == discard:
		n = s.Done
	}
	switch {
	case s.Seen == 0:
		b.WriteString("no dead letters")
	default:
		fmt.Fprintf(&b, "%d of %d dead letters %s", n, s.Seen, verb)
	}
	switch {
	case s.DryRun && s.Selected > 0:
		fmt.Fprintf(&b, ". Nothing was changed: add -yes to %s", s.Command)
	case s.Interrupted && !s.DryRun && s.Seen > 0:
		b.WriteString(". All others are where they were")
	}
	return b.String()
}

// name returns how lines call a letter.
func name(l transport.DeadLetter) string {
	return word(l.Event) + " " + word(l.Key) + " " + word(l.ID)
}

// word returns a name so that it is one word, quoted if necessary.
func word(s string) string {
	unsafe := func(r rune) bool {
		return unicode.IsSpace(r) || !strconv.IsGraphic(r) || r == '"' || r == unicode.ReplacementChar
	}
	if s == "" || strings.ContainsFunc(s, unsafe) {
		return strconv.QuoteToGraphic(s)
	}
	return s
}

// longest is how many bytes of a reason a line has.
const longest = 120

// line returns the start of a text as one line.
func line(s string) string {
	return printable.Cut(printable.Line(strings.Join(strings.Fields(s), " ")), longest)
}

// age returns a time in its largest unit, such as 3h, or - if the time is unknown.
func age(since, now time.Time) string {
	if since.IsZero() {
		return "-"
	}
	return short(max(0, now.Sub(since)))
}

func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}
