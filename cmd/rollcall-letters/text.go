package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-go/rollcall/internal/printable"
	"github.com/rollcall-go/rollcall/transport"
)

// tables prints what list shows: a table of receivers and one of their dead letters.
type tables struct {
	table *tabwriter.Writer
	to    io.Writer
	now   time.Time
	rows  int // of the table of receivers
	dead  int // rows of the table of dead letters
}

func newTables(to io.Writer, now time.Time) *tables {
	return &tables{table: tabwriter.NewWriter(to, 0, 0, 2, ' ', 0), to: to, now: now}
}

func (t *tables) receiver(of transport.Subscription, b *transport.Backlog, known counts) error {
	if t.rows++; t.rows == 1 {
		fmt.Fprintln(t.table, "EVENT\tKEY\tWAITING\tIN FLIGHT\tRETRYING\tDEAD\tOLDEST")
	}
	if b == nil {
		fmt.Fprintf(t.table, "%s\t%s\t-\t-\t-\t-\t-\n", word(of.Event), word(of.Key))
		return nil
	}
	count := func(n int, known bool) string {
		if !known {
			return "-"
		}
		return strconv.Itoa(n)
	}
	oldest := "-"
	if known.oldest && b.Oldest > 0 {
		oldest = short(b.Oldest)
	}
	fmt.Fprintf(t.table, "%s\t%s\t%d\t%s\t%s\t%d\t%s\n", word(of.Event), word(of.Key),
		b.Waiting, count(b.InFlight, known.inFlight), count(b.Retrying, known.retrying), b.Dead, oldest)
	return nil
}

func (t *tables) letter(l transport.DeadLetter) error {
	if t.dead++; t.dead == 1 {
		if err := t.table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(t.table, "\nEVENT\tKEY\tID\tATTEMPTS\tDEAD FOR\tREASON")
	}
	_, err := fmt.Fprintf(t.table, "%s\t%s\t%s\t%d\t%s\t%s\n", word(l.Event), word(l.Key), word(l.ID), l.Attempt, age(l.At, t.now), line(l.Reason))
	return err
}

func (t *tables) end(*summary) error { return t.table.Flush() }

func (t *tables) failed(string) {}

// lines prints letters one after another.
type lines struct {
	to      io.Writer
	request request
	now     time.Time
	count   int // of letters that were printed
}

func (p *lines) receiver(transport.Subscription, *transport.Backlog, counts) error { return nil }

func (p *lines) letter(l transport.DeadLetter) (err error) {
	p.count++
	switch {
	case p.request.command == show:
		_, err = io.WriteString(p.to, p.whole(l))
	case p.request.yes:
		_, err = fmt.Fprintf(p.to, "%sed %s\n", p.request.command, name(l))
	default:
		_, err = fmt.Fprintf(p.to, "would %s %s, dead for %s: %s\n", p.request.command, name(l), age(l.At, p.now), line(l.Reason))
	}
	return err
}

func (p *lines) end(*summary) error { return nil }

func (p *lines) failed(string) {}

// whole returns all that is known of a letter.
func (p *lines) whole(l transport.DeadLetter) string {
	var b strings.Builder
	if p.count > 1 {
		b.WriteByte('\n')
	}
	field := func(name, value string) {
		value = strings.ReplaceAll(strings.TrimRight(printable.Text(value), "\n"), "\n", "\n"+strings.Repeat(" ", 14))
		fmt.Fprintf(&b, "%-13s %s\n", name, value)
	}
	field("event", word(l.Event))
	field("key", word(l.Key))
	field("id", word(l.ID))
	field("source", word(l.Source))
	field("attempts", strconv.Itoa(l.Attempt))
	if l.At.IsZero() {
		field("dead since", "unknown")
	} else {
		field("dead since", fmt.Sprintf("%s, for %s", l.At.UTC().Format(time.RFC3339), age(l.At, p.now)))
	}
	field("reason", l.Reason)
	for _, header := range slices.Sorted(maps.Keys(l.Headers)) {
		field("header", header+": "+l.Headers[header])
	}
	field("content type", word(l.ContentType))
	switch text, isText := textOf(l.Body); {
	case len(l.Body) == 0:
		field("body", "none")
	case !p.request.body:
		field("body", fmt.Sprintf("%d bytes, printed with -body", len(l.Body)))
	case isText:
		field("body", fmt.Sprintf("%d bytes", len(l.Body)))
		b.WriteString(strings.TrimSuffix(text, "\n") + "\n")
	default:
		field("body", fmt.Sprintf("%d bytes, in base64", len(l.Body)))
		b.WriteString(base64.StdEncoding.EncodeToString(l.Body) + "\n")
	}
	return b.String()
}

// textOf returns a body as text, if it is printable UTF-8.
func textOf(body []byte) (string, bool) {
	text := string(body)
	return text, utf8.Valid(body) && text == printable.Text(text) && !strings.ContainsRune(text, unicode.ReplacementChar)
}
