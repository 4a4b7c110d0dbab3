package inspect

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
)

// Diff lists what changed between two reports, and nothing else. The zero Diff means
// that the orders are the same.
type Diff struct {
	Events []EventDiff `json:"events"`
}

// EventDiff lists what changed for one event.
type EventDiff struct {
	Provider    string   `json:"provider"`
	ListenerTag string   `json:"listener_tag,omitempty"` // "" unless several providers of a report share the ID
	Event       string   `json:"event"`
	Changes     []Change `json:"changes"`
}

// The kinds of a Change.
const (
	added   = "added"
	removed = "removed"
	moved   = "moved"
	kept    = "kept"
	off     = "off"
	on      = "on"
)

// Change is what happened to one listener.
type Change struct {
	// Kind is "added", "removed" or "moved", or "kept" if only the reason changed. From
	// and To of a kept listener may differ because of other listeners. It is "off" if the
	// application now switches the listener off, and "on" if it no longer does.
	Kind     string `json:"kind"`
	Listener string `json:"listener"`
	From     int    `json:"from,omitempty"` // its old place, from 1; 0 if it is new or was off
	To       int    `json:"to,omitempty"`   // its new place, from 1; 0 if it is gone or off
	Was      string `json:"was,omitempty"`  // the old reason
	Reason   string `json:"reason,omitempty"`
	By       string `json:"by,omitempty"` // what switches the listener off, or did: Off.By
}

// Compare returns what changes from the old report to the new one. As few listeners as
// possible count as moved. A reason that only names another line of a file is the same.
// Events and changes are in the order of the new report, followed by those that only the old
// report has.
func Compare(old, new Report) Diff {
	var d Diff
	names := namesIn(old, new)
	before := map[eventName]side{}
	old.eachEvent(func(_ int, p Provider, e Event) { before[names.of(p, e)] = side{e.Listeners, p.offOf(e.Event)} })
	seen := map[eventName]bool{}
	new.eachEvent(func(_ int, p Provider, e Event) {
		name := names.of(p, e)
		seen[name] = true
		d.add(name, changes(before[name], side{e.Listeners, p.offOf(e.Event)}))
	})
	old.eachEvent(func(_ int, p Provider, e Event) {
		if name := names.of(p, e); !seen[name] {
			d.add(name, changes(before[name], side{}))
		}
	})
	return d
}

// side is an event in one of the two reports.
type side struct {
	listeners []Listener
	off       []Off
}

// by returns what switches a listener off on this side, or "".
func (s side) by(listener string) string {
	for _, x := range s.off {
		if x.Listener == listener {
			return x.By
		}
	}
	return ""
}

type eventName struct{ provider, tag, event string }

// names holds the IDs that several providers of a report share. Only the tag
// distinguishes these providers. The tag of any other provider may change from one report
// to the other.
type names map[string]bool

func namesIn(reports ...Report) names {
	n := names{}
	for _, r := range reports {
		tags := map[string]string{}
		for _, p := range r.Providers {
			if tag, again := tags[p.ID]; again && tag != p.ListenerTag {
				n[p.ID] = true
			}
			tags[p.ID] = p.ListenerTag
		}
	}
	return n
}

func (n names) of(p Provider, e Event) eventName {
	if n[p.ID] {
		return eventName{p.ID, p.ListenerTag, e.Event}
	}
	return eventName{p.ID, "", e.Event}
}

func (d *Diff) add(name eventName, changes []Change) {
	if len(changes) > 0 {
		d.Events = append(d.Events, EventDiff{name.provider, name.tag, name.event, changes})
	}
}

func changes(before, after side) []Change {
	old, new := before.listeners, after.listeners
	oldPlace, newPlace := places(old), places(new)
	stays := unmoved(new, oldPlace)
	var result []Change
	for i, l := range new {
		from, known := oldPlace[nameOf(new, i)]
		c := Change{Listener: l.ID, From: from + 1, To: i + 1, Reason: l.reasonAlone()}
		switch by := before.by(l.ID); {
		case !known && by != "":
			c.Kind, c.From, c.By = on, 0, by
		case !known:
			c.Kind, c.From = added, 0
		case !stays[i]:
			c.Kind, c.Was = moved, old[from].reasonAlone()
		case withoutLines(old[from].reasonAlone()) != withoutLines(l.reasonAlone()):
			c.Kind, c.Was = kept, old[from].reasonAlone()
		default:
			continue
		}
		result = append(result, c)
	}
	for i, l := range old {
		if _, ok := newPlace[nameOf(old, i)]; !ok {
			c := Change{Kind: removed, Listener: l.ID, From: i + 1, Was: l.reasonAlone()}
			if c.By = after.by(l.ID); c.By != "" {
				c.Kind = off
			}
			result = append(result, c)
		}
	}
	return result
}

var lineOfPlace = regexp.MustCompile(`(\.\w+):\d+`)

// withoutLines removes the line from places such as "services.yaml:3", which changes when
// other lines of the file do.
func withoutLines(reason string) string { return lineOfPlace.ReplaceAllString(reason, "$1") }

// reasonAlone returns the reason without the tie, which changes when a neighbour does.
func (l Listener) reasonAlone() string {
	return strings.TrimSuffix(l.Reason, ", before "+l.Tie+" as declared")
}

// subscriber identifies a listener of one event. One ID may listen to the event twice,
// by its type and by an interface.
type subscriber struct{ id, hears string }

func nameOf(listeners []Listener, i int) subscriber {
	return subscriber{listeners[i].ID, listeners[i].Hears}
}

func places(listeners []Listener) map[subscriber]int {
	index := map[subscriber]int{}
	for i := range listeners {
		index[nameOf(listeners, i)] = i
	}
	return index
}

// unmoved returns the indexes of a longest subsequence of the new list that has the same
// order in the old list.
func unmoved(new []Listener, oldPlace map[subscriber]int) map[int]bool {
	var ends []int // ends[n]: the index that ends a sequence of length n+1, at the smallest possible old place
	previous := make([]int, len(new))
	for i := range new {
		place, known := oldPlace[nameOf(new, i)]
		if !known {
			continue
		}
		n, _ := slices.BinarySearchFunc(ends, place, func(end, place int) int {
			return cmp.Compare(oldPlace[nameOf(new, end)], place)
		})
		previous[i] = -1
		if n > 0 {
			previous[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	stays := map[int]bool{}
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = previous[i] {
			stays[i] = true
		}
	}
	return stays
}

// Write writes the difference as Text, ANSI, JSON or Markdown. JSON is one line;
// diff.schema.json, next to this package's source, describes it. Markdown has a table for each
// event, for a comment on a pull request. The error is a *FormatError or the error of w.
func (d Diff) Write(w io.Writer, format Format) error {
	buffered := bufio.NewWriter(w)
	switch format {
	case Text:
		d.writeText(buffered, plain)
	case ANSI:
		d.writeText(buffered, coloured)
	case Markdown:
		d.writeMarkdown(buffered)
	case JSON:
		if d.Events == nil {
			d.Events = []EventDiff{}
		}
		encoder := json.NewEncoder(buffered)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(d); err != nil {
			return err
		}
	default:
		return &FormatError{Format: format, Known: []Format{Text, ANSI, JSON, Markdown}}
	}
	return buffered.Flush()
}

func (d Diff) writeText(w *bufio.Writer, c palette) {
	if len(d.Events) == 0 {
		fmt.Fprintln(w, "The order is the same.")
		return
	}
	for _, e := range d.Events {
		fmt.Fprintln(w, c.paint(c.bold, printable.Line(e.title())))
		width := 0
		for _, change := range e.Changes {
			width = max(width, columns(printable.Line(change.Listener)))
		}
		for _, change := range e.Changes {
			fmt.Fprintf(w, "  %-10s%s  %s\n", change.places(), padded(printable.Line(change.Listener), width), printable.Line(change.text()))
		}
	}
}

// title returns the name of the event with its provider.
func (e EventDiff) title() string {
	provider := e.Provider
	if e.ListenerTag != "" {
		provider += " (" + e.ListenerTag + ")"
	}
	return provider + ": " + e.Event
}

// places returns the old and the new place, with "-" for a missing one.
func (c Change) places() string { return fmt.Sprintf("%4s → %s", place(c.From), place(c.To)) }

func place(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func (c Change) text() string {
	switch {
	case c.Kind == added:
		return "added: " + c.Reason
	case c.Kind == removed:
		return "removed"
	case c.Kind == off:
		return "off (" + c.By + ")"
	case c.Kind == on:
		return "on again: " + c.Reason + "; it was off (" + c.By + ")"
	case c.Was != c.Reason:
		return c.Kind + ": " + c.Reason + "; it was: " + c.Was
	}
	return c.Kind + ": " + c.Reason
}
