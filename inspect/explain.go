package inspect

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-go/rollcall/internal/printable"
	"github.com/rollcall-go/rollcall/internal/suggest"
)

// UnknownError reports an event or a listener that a report does not have.
type UnknownError struct {
	What  string // "event" or "listener"
	Name  string
	Event string   // the event that lacks the listener, "" if What is "event"
	Known []string // the names that exist
}

func (e *UnknownError) Error() string {
	on := ""
	if e.Event != "" {
		on = " on " + e.Event
	}
	return printable.Line(fmt.Sprintf("there is no %s %s%s%s", e.What, e.Name, on, suggest.DidYouMean(e.Name, e.Known)))
}

// Explain writes why one listener of one event runs at its place: what the listener asks
// for, which of its hints hold, what sequences say of it, and which listeners name it. Of a
// listener that is off, Explain writes what switches it off. The argument event is the
// event's name or its type, listener is an ID. If several providers have the event, Explain
// writes one explanation for each. The error is an *UnknownError or the error of w.
func (r Report) Explain(w io.Writer, event, listener string) error {
	buffered := bufio.NewWriter(w)
	var events, listeners []string
	found, told := false, false
	r.eachEvent(func(_ int, p Provider, e Event) {
		events = append(events, e.Event)
		if !e.isCalled(event) {
			return
		}
		found = true
		tell := func() {
			if told {
				fmt.Fprintln(buffered)
			}
			told = true
		}
		for i, l := range e.Listeners {
			listeners = append(listeners, l.ID)
			if l.ID == listener {
				tell()
				p.explain(buffered, e, i, len(r.Providers) > 1)
			}
		}
		for _, x := range p.offOf(e.Event) {
			listeners = append(listeners, x.Listener)
			if x.Listener == listener {
				tell()
				p.explainOff(buffered, x, len(r.Providers) > 1)
			}
		}
	})
	switch {
	case !found:
		return &UnknownError{What: "event", Name: event, Known: events}
	case !told:
		return &UnknownError{What: "listener", Name: listener, Event: event, Known: listeners}
	}
	return buffered.Flush()
}

// isCalled reports whether text is the name of the event, or its type with its
// package's name or import path. The "*" of a pointer may be left out.
func (e Event) isCalled(text string) bool {
	bare := strings.TrimLeft(e.Type, "*")
	short := e.Type[:len(e.Type)-len(bare)] + bare[strings.LastIndexByte(bare, '/')+1:]
	for _, name := range []string{e.Event, e.Type, short} {
		if text != "" && (text == name || text == strings.TrimLeft(name, "*")) {
			return true
		}
	}
	return false
}

// explain writes the explanation of the listener at an index.
func (p Provider) explain(w *bufio.Writer, e Event, index int, nameProvider bool) {
	l := e.Listeners[index]
	fmt.Fprintf(w, "%s runs as number %d of %d on %s: %s.\n", printable.Line(l.ID), index+1, len(e.Listeners), p.eventOf(e.Event, nameProvider), printable.Line(l.Reason))
	p.explainRegistration(w, l)
	hints := e.hintsOf(l)
	if len(hints) == 0 {
		fmt.Fprintln(w, "  It names no other listener.")
	}
	for _, h := range slices.Concat(hints, e.explainSequences(index)) {
		fmt.Fprintf(w, "  %s\n", printable.Line(h))
	}
	e.explainNamers(w, l)
	fmt.Fprintf(w, "  Before it: %s.\n  After it: %s.\n", idsOf(e.Listeners[:index]), idsOf(e.Listeners[index+1:]))
}

// eventOf returns the name of an event for a sentence, with the provider if that is wanted.
func (p Provider) eventOf(event string, nameProvider bool) string {
	if nameProvider {
		event += " of " + p.ID
	}
	return printable.Line(event)
}

// explainOff writes what switches a listener off.
func (p Provider) explainOff(w *bufio.Writer, x Off, nameProvider bool) {
	fmt.Fprintf(w, "%s is off on %s (%s).\n", printable.Line(x.Listener), p.eventOf(x.Event, nameProvider), printable.Line(x.By))
	if x.Source != "" {
		fmt.Fprintf(w, "  It is registered at %s.\n", printable.Line(x.Source))
	}
}

// explainSequences returns what sequences say of the listener at an index: after which
// entry it runs, and before which.
func (e Event) explainSequences(index int) []string {
	l := e.Listeners[index]
	places := e.index()
	var sentences []string
	for _, entries := range e.Sequences {
		at := slices.IndexFunc(entries, func(x Entry) bool { return l.isMeantBy(x.Target) })
		if at < 0 {
			continue
		}
		var sides []string
		if at > 0 {
			sides = append(sides, "after "+e.named(entries[at-1].Target, places.last))
		}
		if at+1 < len(entries) {
			sides = append(sides, "before "+e.named(entries[at+1].Target, places.first))
		}
		as := ""
		if entries[at].Target != l.ID {
			as = ", as one of " + entries[at].Target
		}
		sentences = append(sentences, "A sequence"+before(" at ", entries[at].Source)+" puts it "+strings.Join(sides, " and ")+as+".")
	}
	return sentences
}

// isMeantBy reports whether a target is the listener's ID or one of its labels.
func (l Listener) isMeantBy(target string) bool {
	label, isLabel := strings.CutPrefix(target, "@")
	return target == l.ID || isLabel && slices.Contains(l.Placement.Labels, label)
}

// named returns a target with the places of the listeners that it means, for a sentence.
func (e Event) named(target string, places map[string]int) string {
	return target + ", " + e.numbers(target, places)
}

func (p Provider) explainRegistration(w *bufio.Writer, l Listener) {
	if l.Source != "" {
		fmt.Fprintf(w, "  It is registered at %s.\n", printable.Line(l.Source))
	}
	if l.Hears != "" {
		fmt.Fprintf(w, "  It listens to %s.\n", printable.Line(l.Hears))
	}
	asks := cmp.Or(l.Placement.String(), "nothing")
	if l.Placement.Source != "" && l.Placement.Source != l.Source {
		asks += " (" + l.Placement.Source + ")"
	}
	fmt.Fprintf(w, "  It asks for: %s.\n", printable.Line(asks))
	if l.Overridden != nil {
		fmt.Fprintf(w, "  In the code it asks for: %s; the order file replaces that.\n", printable.Line(cmp.Or(l.Overridden.String(), "nothing")))
	}
}

// hintsOf returns the listener's hints, each with its effect.
func (e Event) hintsOf(l Listener) []string {
	why := map[string]string{}
	for _, n := range l.NoEffect {
		why[n.Hint] = n.Why
	}
	places := e.index()
	var sentences []string
	explain := func(side string, targets []string, places map[string]int) {
		for _, t := range targets {
			hint := side + " " + t
			where := e.numbers(targetOf(hint), places)
			switch {
			case where == "":
				sentences = append(sentences, fmt.Sprintf("%s: no effect, %s.", hint, why[hint]))
			case why[hint] != "":
				sentences = append(sentences, fmt.Sprintf("%s, %s: holds, and has no effect: %s.", hint, where, why[hint]))
			default:
				sentences = append(sentences, fmt.Sprintf("%s, %s: holds.", hint, where))
			}
		}
	}
	explain("before", l.Placement.Before, places.first)
	explain("after", l.Placement.After, places.last)
	return sentences
}

// numbers returns the places of the listeners that a target means, such as "number 2", or
// "numbers 2, 3 (audit.Log, audit.Trace)" for a label. It is "" if there are none.
func (e Event) numbers(target string, places map[string]int) string {
	place, present := places[target]
	label, isLabel := strings.CutPrefix(target, "@")
	switch {
	case !present:
		return ""
	case !isLabel:
		return fmt.Sprint("number ", place+1)
	}
	var numbers, ids []string
	for i, l := range e.Listeners {
		if slices.Contains(l.Placement.Labels, label) {
			numbers, ids = append(numbers, strconv.Itoa(i+1)), append(ids, l.ID)
		}
	}
	if len(numbers) == 1 {
		return "number " + numbers[0] + " (" + ids[0] + ")"
	}
	return "numbers " + strings.Join(numbers, ", ") + " (" + strings.Join(ids, ", ") + ")"
}

// explainNamers writes which listeners ask to run before or after the listener.
func (e Event) explainNamers(w *bufio.Writer, named Listener) {
	for _, l := range e.Listeners {
		for _, hint := range hintTexts(l.Placement) {
			target, it := targetOf(hint), "it"
			if label, isLabel := strings.CutPrefix(target, "@"); isLabel && slices.Contains(named.Placement.Labels, label) {
				it = target
			} else if target != named.ID {
				continue
			}
			side, _, _ := strings.Cut(hint, " ")
			at := cmp.Or(l.Placement.Source, l.Source)
			fmt.Fprintf(w, "  %s asks to run %s %s%s.\n", printable.Line(l.ID), side, printable.Line(it), printable.Line(before(" at ", at)))
		}
	}
}

func hintTexts(p Placement) []string {
	var hints []string
	for _, t := range p.Before {
		hints = append(hints, "before "+t)
	}
	for _, t := range p.After {
		hints = append(hints, "after "+t)
	}
	return hints
}

func idsOf(listeners []Listener) string {
	if len(listeners) == 0 {
		return "nobody"
	}
	names := make([]string, len(listeners))
	for i, l := range listeners {
		names[i] = printable.Line(l.ID)
	}
	return strings.Join(names, ", ")
}
