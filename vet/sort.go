package vet

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// The listeners are sorted by the code that sorts those of an application. Each becomes a
// listener of a name, as the members of lists do there. Listeners of interfaces, and events
// that have a name of their own, are therefore not known to share events with others.

// sort reports problems with the order of listeners and of the members of lists.
func (a *application) sort() {
	a.addPublished()
	groups := append(slices.Clip(a.groups), a.listGroup())
	a.listMembers = groups[len(groups)-1].listeners
	a.override(groups)
	rules := a.decide(groups)
	for i, g := range groups {
		if i > 0 && i < len(groups)-1 || len(g.listeners) > 0 {
			a.sortGroup(groups, i, rules[i])
		}
	}
}

// listGroup returns the members of lists as a group of listeners.
func (a *application) listGroup() group {
	var g group
	names := map[string]string{}
	for _, x := range a.lists {
		names[x.Type.ID] = x.Name
	}
	for _, x := range a.of(contribution) {
		name, declared := names[x.Type.ID]
		if x.Broken || !declared || name == "" {
			continue
		}
		if x.Hidden {
			a.hiddenMembers = true
			continue
		}
		g.listeners = append(g.listeners, &member{part: x, id: x.ID, event: name, fields: x.fields()})
	}
	return g
}

// addPublished adds the listeners that stand for the keys of fxevents.Published.
func (a *application) addPublished() {
	for _, e := range a.catalog.events {
		var keys []string
		for _, x := range e.Children {
			if x.Kind == published && !x.Hidden {
				keys = append(keys, x.Keys...)
			}
		}
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			text := a.catalog.text(e.Type)
			heard := func(m *member) bool { return m.event == text && m.fields.Async == key }
			if e.Name != "" && !slices.ContainsFunc(a.groups[0].listeners, heard) {
				x := *e
				x.At = placeOf(e.Children)
				a.groups[0].listeners = append(a.groups[0].listeners, &member{part: &x, id: "fxevents.Published(" + key + ")", event: text, fields: tags.Fields{Async: key}})
			}
		}
	}
}

// placeOf returns the place of the first fxevents.Published among the options of an event.
func placeOf(options []part) string {
	for _, x := range options {
		if x.Kind == published {
			return x.At
		}
	}
	return ""
}

// sortGroup reports what the order of one group is wrong about.
func (a *application) sortGroup(groups []group, index int, rules ordering.Rules) {
	g := groups[index]
	listeners := make([]rollcall.Listener, len(g.listeners))
	lost := map[string]bool{}
	for i, m := range g.listeners {
		listeners[i] = m.listener()
		if m.lost {
			lost[m.id] = true
		}
	}
	_, err := provider.Internal.Build(friend.Key{}, listeners, a.declarations(index == len(groups)-1), lost, rules)
	for _, e := range errlist.Leaves(err) {
		a.reportOrder(groups, index, e)
	}
}

func (m *member) listener() rollcall.Listener {
	l := rollcall.FromFunc(func(context.Context, any) error { return nil }, tags.Fields{})
	l.ID, l.Event, l.Placement, l.Async, l.Source = m.id, event.NameKey(m.event), m.fields.Placement, m.fields.Async, m.At
	return l
}

// declarations returns the events by the texts that stand for them, or the lists.
func (a *application) declarations(ofLists bool) []rollcall.Declaration {
	var list []rollcall.Declaration
	if ofLists {
		for _, x := range a.lists {
			list = append(list, rollcall.Declaration{Key: event.NameKey(x.Name), Source: x.At})
		}
		return list
	}
	seen := map[string]bool{}
	for _, e := range a.catalog.events {
		text := a.catalog.text(e.Type)
		if seen[text] {
			continue // reported already
		}
		seen[text] = true
		d := rollcall.Declaration{Key: event.NameKey(text), Source: e.At}
		if e.Name != "" {
			d.Publish = func(context.Context, any) error { return nil }
		}
		list = append(list, d)
	}
	return list
}

// reportOrder reports a problem of package ordering or provider, if it is certain.
func (a *application) reportOrder(groups []group, index int, err error) {
	g, isLists := groups[index], index == len(groups)-1
	switch e := err.(type) {
	case *ordering.DuplicateError:
		x, y := g.listeners[e.Items[0]], g.listeners[e.Items[1]]
		if !x.Maybe && !y.Maybe && !reportedElsewhere(x.part, y.part) {
			e.List = isLists
			a.problem(twice, ownOf(x.part, y.part), a.duplicate(x, y, e))
		}
	case *ordering.UnknownTargetError:
		if e.Rule == "" && a.certain(isLists) {
			a.unknownTarget(groups, index, e)
		}
	case *ordering.NotListeningError:
		if e.Rule == "" && a.certain(isLists) && !a.overlaps(g) {
			e.List = isLists
			m := g.listeners[e.Hint.Item]
			a.inText(notListening, m.part, e.Hint.Target, "", e.Error())
		}
	case *ordering.CycleError:
		maybe := func(h ordering.Hint) bool { return g.listeners[h.Item].Maybe }
		if a.rulesKnown && !slices.ContainsFunc(e.Hints, maybe) {
			m := g.listeners[e.Hints[0].Item]
			a.inHint(cycle, m, e.Hints[0], "", e.Error())
		}
	case *rollcall.EventError:
		i := slices.IndexFunc(g.listeners, func(m *member) bool { return m.id == e.Listener && m.At == e.Source })
		if i >= 0 && !g.listeners[i].Maybe && a.rulesKnown && a.closed() && !a.overlaps(g) {
			a.problem(impossibleHint, g.listeners[i].part, e.Error())
		}
	case *ordering.BandError:
		if a.rulesKnown {
			a.problem(impossibleHint, a.assembly, e.Error())
		}
	}
}

// certain reports whether all listeners are known, so that a target that is not among them
// is unknown.
func (a *application) certain(lists bool) bool {
	return a.assembly != nil && a.rulesKnown && a.complete() && !(lists && a.hiddenMembers)
}

// overlaps reports whether listeners of different events may be called for one event.
func (a *application) overlaps(g group) bool {
	return slices.ContainsFunc(g.listeners, func(m *member) bool { return m.Type.Interface || m.Type.Named }) ||
		slices.ContainsFunc(a.catalog.events, func(e *part) bool { return e.Type.Interface || e.Type.Named })
}

// duplicate returns the message for two listeners with one ID.
func (a *application) duplicate(x, y *member, e *ordering.DuplicateError) string {
	if x.Of.ID == y.Of.ID || x.Of.Default != y.Of.Default || e.ID != x.Of.Default {
		return e.Error()
	}
	done := "registered at "
	if e.List {
		done = "contributed at "
	}
	return namesakes(x.Of, y.Of, done+x.At, done+y.At)
}

// namesakes returns the message for two types that have one name.
func namesakes(first, second typeInfo, x, y string) string {
	return fmt.Sprintf("two types are called %s: %s, %s, and %s, %s: give one an ID in its tag, as id:%q",
		first.Default, strings.TrimLeft(first.Path, "*"), x, strings.TrimLeft(second.Path, "*"), y, distinguished(second))
}

// distinguished returns an ID for a type with one more part of its import path.
func distinguished(t typeInfo) string {
	whole := strings.TrimLeft(t.Path, "*")
	dir := path.Dir(whole[:strings.LastIndexByte(whole, '.')])
	return path.Base(dir) + "/" + t.Default
}

// unknownTarget reports a target that no listener has. Other groups may have it.
func (a *application) unknownTarget(groups []group, index int, e *ordering.UnknownTargetError) {
	isLists := index == len(groups)-1
	e.List = isLists
	m := groups[index].listeners[e.Hint.Item]
	if index == 0 || isLists {
		for _, other := range []group{groups[0], groups[len(groups)-1]} {
			for _, x := range other.listeners {
				if x.has(e.Hint.Target) && (isLists != (x.Kind == contribution)) {
					if strings.HasPrefix(e.Hint.Target, "@") {
						return
					}
					not := &ordering.NotListeningError{Hint: e.Hint, Event: m.event, TargetSource: x.At, List: isLists}
					a.inText(notListening, m.part, e.Hint.Target, "", not.Error())
					return
				}
			}
		}
	}
	a.inHint(unknownTarget, m, e.Hint, e.Suggestion, e.Error())
}

// has reports whether a target means the listener.
func (m *member) has(target string) bool {
	label, isLabel := strings.CutPrefix(target, "@")
	return m.id == target || isLabel && slices.Contains(m.fields.Placement.Labels, label)
}

// inHint reports a problem at the place where a hint is written, and suggests another target
// if there is one.
func (a *application) inHint(c category, m *member, h ordering.Hint, near, message string) {
	if at, found := a.inOrderFile(m, h); found {
		a.reportInFile(c, at, m.placed.file.span, message)
		return
	}
	a.inText(c, m.part, h.Target, near, message)
}
