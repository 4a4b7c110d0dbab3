package vet

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"

	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
)

// placedBy is the entry of an order file that places a listener.
type placedBy struct {
	file  *part
	entry orderfile.Listener
}

// inOrderFile returns the place of a hint that is written in an order file.
func (a *application) inOrderFile(m *member, h ordering.Hint) (span, bool) {
	if m.placed == nil || h.Sequence != nil {
		return span{}, false
	}
	return a.inFile(m.placed.file.File, m.placed.file.Data, m.placed.entry.TargetPosition(h)), true
}

// override applies the order files of fxevents.Module, and reports what they name that the
// application does not have.
func (a *application) override(groups []group) {
	if a.assembly == nil || !a.rulesKnown {
		return
	}
	for i := range a.assembly.Children {
		x := &a.assembly.Children[i]
		if x.Kind != orderFile {
			continue
		}
		content, err := orderfile.Parse(x.Path, x.Data)
		if err != nil {
			continue
		}
		o := overrides{application: a, part: x, file: content, groups: groups, placed: map[placedAt]orderfile.Listener{}}
		o.apply()
	}
}

// overrides applies one order file.
type overrides struct {
	*application
	part   *part
	file   *orderfile.File
	groups []group // of the providers, and that of the lists
	placed map[placedAt]orderfile.Listener
}

// placedAt is a listener of one event.
type placedAt struct {
	group     int
	id, event string
}

func (o *overrides) apply() {
	for _, p := range o.file.Providers {
		if len(o.providers(p.ListenerTag)) == 0 {
			o.fail(p.Position, "provider %s collects the tag %s, but the application has no provider of that group%s", p.ID, p.ListenerTag, o.groupHint(p.ListenerTag))
		}
	}
	for _, l := range o.file.Listeners {
		o.listener(l)
	}
}

// fail reports a problem at a position of the file.
func (o *overrides) fail(at orderfile.Position, format string, args ...any) {
	o.failWith(at, "", "", format, args...)
}

// failWith is like fail, with the name to write instead of another.
func (o *overrides) failWith(at orderfile.Position, name, near, format string, args ...any) {
	e := &orderfile.Error{File: o.file.Name, Position: at, Message: fmt.Sprintf(format, args...)}
	o.reportWith(badOrderFile, at, name, near, e.Error())
}

// reportWith reports a problem at a position of the file, and suggests another name if there
// is one.
func (o *overrides) reportWith(c category, at orderfile.Position, name, near, message string) {
	place := o.inFile(o.part.File, o.part.Data, at)
	o.reportInFile(c, place, o.part.span, message, o.renamed(place, name, near)...)
}

// renamed returns the fix that replaces a name that is written at a place of the file, as a
// key, or once in the whole file. It returns none if there is no other name or no such place.
func (o *overrides) renamed(at span, name, near string) []analysis.SuggestedFix {
	if near == "" {
		return nil
	}
	f, text := o.files[o.part.File], string(o.part.Data)
	found := occurrences(text, name)
	if len(found) > 1 {
		from := f.Offset(at.pos)
		found = slices.DeleteFunc(found, func(i int) bool {
			isKey := strings.HasPrefix(text[i+len(name):], ":") && strings.TrimSpace(text[strings.LastIndexByte(text[:i], '\n')+1:i]) == ""
			return i != from && i != from+1 && !isKey // a quotation mark may stand before it
		})
	}
	if len(found) != 1 {
		return nil
	}
	return []analysis.SuggestedFix{replace(span{f.Pos(found[0]), f.Pos(found[0] + len(name))}, name, near)}
}

// providers returns the indexes of the providers that collect a group.
func (o *overrides) providers(name string) []int {
	var found []int
	for i, g := range o.groups[:len(o.groups)-1] {
		if g.part.Group == name {
			found = append(found, i)
		}
	}
	return found
}

func (o *overrides) listener(l orderfile.Listener) {
	found := o.providers(l.Tag)
	if len(found) == 0 && !l.Optional {
		o.fail(l.Position, "listener %s has the tag %s, but the application has no provider of that group%s", l.ID, l.Tag, o.groupHint(l.Tag))
	}
	if l.List || slices.ContainsFunc(o.lists, func(x *part) bool { return x.Name == l.Event }) {
		o.list(l)
		return
	}
	for _, i := range found {
		if !o.inGroup(i, l) {
			return
		}
	}
}

// inGroup replaces the placement of a listener in one group. It returns false if it reports
// a problem.
func (o *overrides) inGroup(index int, l orderfile.Listener) bool {
	var own []string
	var matches []*member
	known := false
	for _, m := range o.groups[index].listeners {
		if m.id != l.ID {
			continue
		}
		known = true
		own = append(own, o.textOf(m))
		if o.catalog.means(l.Event, m) {
			matches = append(matches, m)
		}
	}
	if i := slices.IndexFunc(matches, func(m *member) bool { return m.byType() && m.Type.Path == l.Event }); i >= 0 {
		matches = matches[i : i+1]
	}
	switch {
	case len(matches) == 1:
		return o.replace(index, matches[0], l)
	case len(matches) > 1:
		var paths []string
		for _, m := range matches {
			paths = append(paths, m.Type.Path)
		}
		o.fail(l.EventPosition, "event %s of listener %s may be any of %s: write one of these in full", l.Event, l.ID, strings.Join(paths, ", "))
	case l.Optional || !o.complete():
		return true
	case !known:
		names := o.ids(o.groups[index])
		near, _ := suggest.Name(l.ID, names)
		o.failWith(l.Position, l.ID, near, "the application has no listener %s in the group %s%s", l.ID, l.Tag, suggest.Correction(l.ID, names))
	default:
		o.notHeard(l, own)
	}
	return false
}

func (o *overrides) ids(g group) []string {
	var names []string
	for _, m := range g.listeners {
		names = append(names, m.id)
	}
	return names
}

// textOf returns the text of a listener's event in an order file.
func (o *overrides) textOf(m *member) string {
	if e := o.catalog.declared(m); e != nil && e.Name != "" {
		return e.Name
	}
	if m.byType() {
		return strings.TrimLeft(m.Type.Text, "*")
	}
	return m.event
}

func (o *overrides) notHeard(l orderfile.Listener, own []string) {
	var known []string
	for _, e := range o.catalog.events {
		if e.Name == l.Event || e.Type.matches(l.Event) {
			o.fail(l.EventPosition, "listener %s does not listen to %s, only to %s: write that, or drop the tag", l.ID, l.Event, strings.Join(own, ", "))
			return
		}
		text := e.Name
		if text == "" {
			text = strings.TrimLeft(e.Type.Text, "*")
		}
		known = append(known, text)
	}
	names := append(slices.Clip(own), known...)
	near, ok := suggest.Name(l.Event, names)
	hint := suggest.DidYouMean(l.Event, names)
	if !ok {
		hint = "; listener " + l.ID + " listens to " + strings.Join(own, ", ")
	}
	o.failWith(l.EventPosition, l.Event, near, "the application has no event %s%s", l.Event, hint)
}

// replace replaces the placement of a listener. It returns false if another entry of the
// file has done so.
func (o *overrides) replace(index int, m *member, by orderfile.Listener) bool {
	at := placedAt{index, m.id, m.event}
	if first, again := o.placed[at]; again {
		format := "listener %s listens to %s twice, as %s (line %d) and as %s: drop one tag"
		if by.List {
			format = "%s is in the list %s twice, as %s (line %d) and as %s: drop one tag"
		}
		o.fail(by.Position, format, by.ID, o.textOf(m), first.Event, first.Position.Line, by.Event)
		return false
	}
	o.placed[at] = by
	m.fields.Placement, m.placed = by.Placement, &placedBy{o.part, by}
	return true
}

// list replaces the placement of one member of a list.
func (o *overrides) list(l orderfile.Listener) {
	index := len(o.groups) - 1
	isList := slices.ContainsFunc(o.lists, func(x *part) bool { return x.Name == l.Event })
	e := slices.IndexFunc(o.catalog.events, func(e *part) bool { return e.Name == l.Event || e.Type.matches(l.Event) })
	switch {
	case !l.List:
		o.fail(l.EventPosition, "%s is a list, not an event: write list instead of event", l.Event)
		return
	case e >= 0 && !isList:
		o.fail(l.EventPosition, "%s is an event, not a list: write event instead of list", o.catalog.events[e].named())
		return
	case l.Tag != defaultGroup:
		o.fail(l.Position, "the list %s has the tag %s, not %s: write that", l.Event, defaultGroup, l.Tag)
		return
	}
	var own []string
	for _, m := range o.groups[index].listeners {
		if m.id == l.ID && m.event == l.Event {
			o.replace(index, m, l)
			return
		} else if m.id == l.ID {
			own = append(own, m.event)
		}
	}
	var lists []string
	for _, x := range o.lists {
		lists = append(lists, x.Name)
	}
	switch {
	case l.Optional || !o.closed() || o.hiddenMembers || o.lost:
	case !isList:
		names := append(own, lists...)
		near, _ := suggest.Name(l.Event, names)
		o.failWith(l.EventPosition, l.Event, near, "the application has no list %s%s", l.Event, suggest.Correction(l.Event, names))
	case len(own) == 0:
		o.fail(l.Position, "nothing in the application's lists has the ID %s%s", l.ID, suggest.Correction(l.ID, o.ids(o.groups[index])))
	default:
		o.fail(l.EventPosition, "%s is not in the list %s, only in %s: write that, or drop the tag", l.ID, l.Event, strings.Join(own, ", "))
	}
}
