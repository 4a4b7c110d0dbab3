package fxevents

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
)

// override applies the order files to the listeners of each group.
func (a *Assembly) override(groups []group, c catalog) error {
	var problems []error
	for _, f := range a.files() {
		if f.err != nil {
			problems = append(problems, f.err)
			continue
		}
		o := overrides{file: f.content, settings: a.settings, groups: groups, catalog: c, byID: map[int]map[string][]int{}, replaced: a.replaced, placed: map[subscription]orderfile.Listener{}, lost: a.lost}
		o.apply()
		problems = append(problems, o.problems...)
	}
	return errors.Join(problems...)
}

// overrides applies one order file to an application.
type overrides struct {
	file     *orderfile.File
	settings settings
	groups   []group
	catalog  catalog
	byID     map[int]map[string][]int
	replaced map[subscription]ordering.Placement
	placed   map[subscription]orderfile.Listener // replaced by this file
	lost     bool                                // a listener is missing because of a problem
	problems []error
}

func (o *overrides) apply() {
	for _, p := range o.file.Providers {
		if len(o.settings.of(p.ListenerTag)) == 0 {
			o.fail(orderfile.KindUnknownProvider, p.Position, "provider %s collects the tag %s, but the application has no provider of that group%s",
				p.ID, p.ListenerTag, o.settings.groupHint(p.ListenerTag))
		}
	}
	for _, l := range o.file.Listeners {
		o.listener(l)
	}
}

func (o *overrides) fail(kind orderfile.Kind, at orderfile.Position, format string, args ...any) {
	o.problems = append(o.problems, &orderfile.Error{Kind: kind, File: o.file.Name, Position: at, Message: fmt.Sprintf(format, args...)})
}

// of returns the indexes of the providers that collect a group.
func (s settings) of(group string) []int {
	var found []int
	for i, p := range s.providers {
		if p.group == group {
			found = append(found, i)
		}
	}
	return found
}

func (s settings) groupHint(name string) string {
	var groups []string
	for _, p := range s.providers {
		groups = append(groups, p.group)
	}
	if near := suggest.DidYouMean(name, groups); near != "" {
		return near
	}
	return ": give fxevents.Module an fxevents.NamedProvider for it"
}

// listener replaces the placement of one listener for one event, in each
// provider of its group.
func (o *overrides) listener(l orderfile.Listener) {
	providers := o.settings.of(l.Tag)
	if len(providers) == 0 && !l.Optional {
		o.fail(orderfile.KindUnknownProvider, l.Position, "listener %s has the tag %s, but the application has no provider of that group%s",
			l.ID, l.Tag, o.settings.groupHint(l.Tag))
	}
	if l.List || o.isList(l) {
		o.list(l)
		return
	}
	before := len(o.problems)
	for _, i := range providers {
		o.inGroup(i, o.ids(i)[l.ID], l)
		if len(o.problems) > before {
			return // another provider of the group would have the same problem
		}
	}
}

// ids returns the indexes of a provider's listeners by ID.
func (o *overrides) ids(index int) map[string][]int {
	if o.byID[index] == nil {
		byID := map[string][]int{}
		for i, l := range o.groups[index].listeners {
			byID[l.ID] = append(byID[l.ID], i)
		}
		o.byID[index] = byID
	}
	return o.byID[index]
}

func (o *overrides) inGroup(index int, candidates []int, l orderfile.Listener) {
	group := o.groups[index].listeners
	var own []string // the events of the listener
	var matches []int
	for _, i := range candidates {
		own = append(own, o.textOf(group[i].Event))
		if o.catalog.Means(l.Event, group[i].Event) {
			matches = append(matches, i)
		}
	}
	isInFull := func(i int) bool { return group[i].Event.Path() == l.Event }
	if i := slices.IndexFunc(matches, isInFull); i >= 0 {
		matches = matches[i : i+1]
	}
	switch {
	case len(matches) == 1:
		o.replace(index, &group[matches[0]], l)
	case len(matches) > 1:
		o.ambiguous(l, group, matches)
	case l.Optional, len(own) == 0 && o.lost:
	case len(own) == 0:
		var known []string
		for _, x := range group {
			known = append(known, x.ID)
		}
		o.fail(orderfile.KindUnknownListener, l.Position, "the application has no listener %s in the group %s%s",
			l.ID, l.Tag, suggest.Correction(l.ID, known))
	default:
		o.notHeard(l, own)
	}
}

// subscription is a listener of one event in the provider at an index.
type subscription struct {
	provider int
	id       string
	key      event.Key
}

// replace overrides the placement of a listener, and remembers the placement in the code.
func (o *overrides) replace(index int, l *rollcall.Listener, by orderfile.Listener) {
	s := subscription{index, l.ID, l.Event}
	if first, twice := o.placed[s]; twice {
		format := "listener %s listens to %s twice, as %s (line %d) and as %s: drop one tag"
		if by.List {
			format = "%s is in the list %s twice, as %s (line %d) and as %s: drop one tag"
		}
		o.fail(orderfile.KindDuplicate, by.Position, format, l.ID, o.textOf(l.Event), first.Event, first.Position.Line, by.Event)
		return
	}
	o.placed[s] = by
	if _, again := o.replaced[s]; !again {
		o.replaced[s] = l.Placement
	}
	l.Placement = by.Placement
}

// textOf returns the text of a key in an order file.
func (o *overrides) textOf(key event.Key) string {
	if d, ok := o.catalog.Declared(key); ok && d.Name != "" {
		return d.Name
	}
	return strings.TrimLeft(key.String(), "*")
}

func (o *overrides) ambiguous(l orderfile.Listener, group []rollcall.Listener, matches []int) {
	var candidates []string
	for _, i := range matches {
		candidates = append(candidates, group[i].Event.Path())
	}
	o.fail(orderfile.KindUnknownEvent, l.EventPosition, "event %s of listener %s may be any of %s: write one of these in full",
		l.Event, l.ID, strings.Join(candidates, ", "))
}

// notHeard reports an event that the application does not have, or that the listener does
// not listen to.
func (o *overrides) notHeard(l orderfile.Listener, own []string) {
	var known []string
	for _, e := range o.catalog.Events() {
		if o.catalog.Means(l.Event, e.Key) {
			o.fail(orderfile.KindUnknownEvent, l.EventPosition, "listener %s does not listen to %s, only to %s: write that, or drop the tag",
				l.ID, l.Event, strings.Join(own, ", "))
			return
		}
		known = append(known, o.textOf(e.Key))
	}
	near := suggest.DidYouMean(l.Event, append(own, known...))
	if near == "" {
		near = "; listener " + l.ID + " listens to " + strings.Join(own, ", ")
	}
	o.fail(orderfile.KindUnknownEvent, l.EventPosition, "the application has no event %s%s", l.Event, near)
}
