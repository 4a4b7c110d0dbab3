package fxevents

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/nearest"
	"github.com/rollcall-go/rollcall/orderfile"
	"github.com/rollcall-go/rollcall/provider"
)

// override applies the order files to the listeners of each group.
func (a *Assembly) override(groups [][]provider.Listener, events []provider.Event) error {
	var problems []error
	for _, f := range a.settings.files {
		content, err := orderfile.Load(f.fsys, f.path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		o := overrides{file: content, specs: a.settings.providers, groups: groups, names: namesOf(events), events: events}
		o.apply()
		problems = append(problems, o.problems...)
	}
	return errors.Join(problems...)
}

// overrides is one order file on its way into an application.
type overrides struct {
	file     *orderfile.File
	specs    []providerSpec
	groups   [][]provider.Listener
	events   []provider.Event
	names    map[event.Key]string // declared
	problems []error
}

func namesOf(events []provider.Event) map[event.Key]string {
	names := map[event.Key]string{}
	for _, e := range events {
		names[e.Key] = e.Name
	}
	return names
}

func (o *overrides) apply() {
	for _, p := range o.file.Providers {
		if _, ok := o.group(p.ListenerTag); !ok {
			o.fail(orderfile.KindUnknownProvider, p.Position, "provider %s collects the tag %s, but the application has no provider of that group%s",
				p.ID, p.ListenerTag, o.groupHint(p.ListenerTag))
		}
	}
	for _, l := range o.file.Listeners {
		o.listener(l)
	}
}

func (o *overrides) fail(kind orderfile.Kind, at orderfile.Position, format string, args ...any) {
	o.problems = append(o.problems, &orderfile.Error{Kind: kind, File: o.file.Name, Position: at, Message: fmt.Sprintf(format, args...)})
}

func (o *overrides) group(name string) ([]provider.Listener, bool) {
	i := slices.IndexFunc(o.specs, func(s providerSpec) bool { return s.group == name })
	if i < 0 {
		return nil, false
	}
	return o.groups[i], true
}

func (o *overrides) groupHint(name string) string {
	var groups []string
	for _, s := range o.specs {
		groups = append(groups, s.group)
	}
	if near := nearest.DidYouMean(name, groups); near != "" {
		return near
	}
	return ": give fxevents.Module an fxevents.Provider for it"
}

// listener replaces the placement of one listener for one event.
func (o *overrides) listener(l orderfile.Listener) {
	group, ok := o.group(l.Tag)
	if !ok {
		if !l.Optional {
			o.fail(orderfile.KindUnknownProvider, l.Position, "listener %s has the tag %s, but the application has no provider of that group%s",
				l.ID, l.Tag, o.groupHint(l.Tag))
		}
		return
	}
	var known, own []string // IDs; the events of the listener
	var matches []int
	for i, candidate := range group {
		known = append(known, candidate.ID)
		if candidate.ID != l.ID {
			continue
		}
		own = append(own, o.textOf(candidate.Event))
		if o.matches(candidate.Event, l.Event) {
			matches = append(matches, i)
		}
	}
	switch {
	case len(matches) == 1:
		group[matches[0]].Placement = l.Placement
	case len(matches) > 1:
		o.ambiguous(l, group, matches)
	case l.Optional:
	case len(own) == 0:
		o.fail(orderfile.KindUnknownListener, l.Position, "the application has no listener %s in the group %s%s",
			l.ID, l.Tag, nearest.DidYouMean(l.ID, known))
	default:
		o.notHeard(l, own)
	}
}

func (o *overrides) matches(key event.Key, text string) bool {
	return key.Matches(text) || o.names[key] == text
}

// textOf is how a file would write the key.
func (o *overrides) textOf(key event.Key) string {
	if name := o.names[key]; name != "" {
		return name
	}
	return strings.TrimLeft(key.String(), "*")
}

func (o *overrides) ambiguous(l orderfile.Listener, group []provider.Listener, matches []int) {
	var candidates []string
	for _, i := range matches {
		candidates = append(candidates, group[i].Event.Path())
	}
	o.fail(orderfile.KindUnknownEvent, l.EventPosition, "event %s of listener %s may be any of %s: write one of these in full",
		l.Event, l.ID, strings.Join(candidates, ", "))
}

// notHeard is an event that the application does not have, or has but that
// listener does not hear.
func (o *overrides) notHeard(l orderfile.Listener, own []string) {
	var known []string
	for _, e := range o.events {
		if o.matches(e.Key, l.Event) {
			o.fail(orderfile.KindUnknownEvent, l.EventPosition, "listener %s does not subscribe to %s; it subscribes to %s: write that, or drop the tag",
				l.ID, l.Event, strings.Join(own, ", "))
			return
		}
		known = append(known, o.textOf(e.Key))
	}
	near := nearest.DidYouMean(l.Event, append(own, known...))
	if near == "" {
		near = "; listener " + l.ID + " subscribes to " + strings.Join(own, ", ")
	}
	o.fail(orderfile.KindUnknownEvent, l.EventPosition, "the application has no event %s%s", l.Event, near)
}
