package vet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/listenerid"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
)

// rule is a sequence, or what is off, for one event or list.
type rule struct {
	kind    ordering.RuleKind
	event   string
	entries []ruleEntry
	what    string // the call; "" for one of a file
	fail    func(message, name, near string)
}

// ruleEntry is a target in a rule, with its place.
type ruleEntry struct {
	ordering.Entry
	report func(message, near string)
}

// decide returns the rules for each group, and reports what they name that the application
// does not have.
func (a *application) decide(groups []group) []ordering.Rules {
	decided := make([]ordering.Rules, len(groups))
	if a.assembly == nil || !a.rulesKnown {
		return decided
	}
	for _, r := range a.rules() {
		events, known := a.eventsOf(r, groups)
		if !known {
			continue
		}
		a.unknownEntries(r, groups)
		for i := range groups {
			if r.kind == ordering.InSequence {
				q := ordering.Sequence{Events: events}
				for _, e := range r.entries {
					e.Optional = true // what is not there is reported
					q.Entries = append(q.Entries, e.Entry)
				}
				decided[i].Sequences = append(decided[i].Sequences, q)
				continue
			}
			for _, e := range r.entries {
				e.Optional = true
				decided[i].Off = append(decided[i].Off, ordering.Off{Events: events, Entry: e.Entry})
			}
		}
	}
	return decided
}

// rules returns the rules of the options of fxevents.Module and of its order files.
func (a *application) rules() []rule {
	var list []rule
	for i := range a.assembly.Children {
		switch x := &a.assembly.Children[i]; x.Kind {
		case sequence:
			list = append(list, a.ruleOf(x, ordering.InSequence))
		case off:
			list = append(list, a.ruleOf(x, ordering.InOff))
		case orderFile:
			if content, err := orderfile.Parse(x.Path, x.Data); err == nil {
				list = append(list, a.rulesOfFile(x, content, content.Sequences, ordering.InSequence)...)
				list = append(list, a.rulesOfFile(x, content, content.Off, ordering.InOff)...)
			}
		}
	}
	return list
}

// ruleOf returns the rule of an option, and reports what is no target.
func (a *application) ruleOf(x *part, k ordering.RuleKind) rule {
	what := x.Call + " at " + x.At
	r := rule{kind: k, event: x.Name, what: what}
	r.fail = func(message, name, near string) { a.inText(badRule, x, name, near, message) }
	for _, text := range x.Keys {
		target, err := ordering.ParseTarget(text)
		if err == nil {
			err = listenerid.CheckTarget(target.ID)
		}
		if err != nil {
			a.inText(badRule, x, text, "", fmt.Sprintf("%s: %v", what, err))
			continue
		}
		r.entries = append(r.entries, ruleEntry{ordering.Entry{Target: target, Source: x.At}, func(message, near string) {
			a.inText(unknownTarget, x, target.ID, near, message)
		}})
	}
	return r
}

func (a *application) rulesOfFile(x *part, content *orderfile.File, written []orderfile.Rule, k ordering.RuleKind) []rule {
	o := &overrides{application: a, part: x, file: content}
	var list []rule
	for _, of := range written {
		r := rule{kind: k, event: of.Event}
		r.fail = func(message, name, near string) { o.failWith(of.Position, name, near, "%s", message) }
		for _, e := range of.Entries {
			r.entries = append(r.entries, ruleEntry{e.Entry, func(message, near string) {
				o.reportWith(unknownTarget, e.Position, e.ID, near, message)
			}})
		}
		list = append(list, r)
	}
	return list
}

// eventsOf returns the texts of the events that a rule is for, or none for all. It returns
// false if there are none.
func (a *application) eventsOf(r rule, groups []group) ([]string, bool) {
	if r.event == "" {
		r.fail(fmt.Sprintf(`%s: it names no event: write an event, a list, or "*" for all`, r.what), "", "")
		return nil, false
	}
	if r.event == orderfile.Every {
		return nil, true
	}
	found, known := a.matches(r.event, groups)
	message := ""
	near, _ := suggest.Name(r.event, known)
	switch len(found) {
	case 1:
		return found, true
	case 0:
		if !a.complete() {
			return nil, false
		}
		message = fmt.Sprintf("the application has no event or list %s%s", r.event, suggest.Correction(r.event, known))
	default:
		message, near = fmt.Sprintf("event %s may be any of %s: write one of these in full", r.event, strings.Join(found, ", ")), ""
	}
	if r.what != "" {
		message = r.what + ": " + message
	}
	r.fail(message, r.event, near)
	return nil, false
}

// matches returns the texts of the events and lists that a text means, and how order files
// write all of them.
func (a *application) matches(text string, groups []group) (found, known []string) {
	add := func(inOrder, name string, means bool) {
		if !slices.Contains(known, name) {
			known = append(known, name)
			if means {
				found = append(found, inOrder)
			}
		}
	}
	for _, e := range a.catalog.events {
		add(a.catalog.text(e.Type), cmp.Or(e.Name, e.Type.Path), e.Name == text || e.Type.matches(text))
	}
	for _, g := range groups {
		for _, m := range g.listeners {
			if m.Kind == contribution {
				add(m.event, m.event, m.event == text)
			} else if a.catalog.declared(m) == nil {
				name := m.event
				if m.byType() {
					name = m.Type.Path
				}
				add(m.event, name, a.catalog.means(text, m))
			}
		}
	}
	for _, x := range a.lists {
		add(x.Name, x.Name, x.Name == text)
	}
	return found, known
}

// unknownEntries reports the entries of a rule that no listener and no member of a list has.
func (a *application) unknownEntries(r rule, groups []group) {
	if !a.complete() || a.hiddenMembers {
		return
	}
	for _, e := range r.entries {
		if e.Optional {
			continue
		}
		names := a.targets(groups, strings.HasPrefix(e.ID, "@"))
		if slices.Contains(names, e.ID) {
			continue
		}
		near, _ := suggest.Name(e.ID, names)
		unknown := &ordering.UnknownTargetError{Hint: ordering.Hint{Item: -1, Target: e.ID, Source: e.Source}, Rule: r.kind, Suggestion: near}
		e.report(unknown.Error(), near)
	}
}

// targets returns the IDs or the labels of all groups, sorted.
func (a *application) targets(groups []group, labels bool) []string {
	var names []string
	for _, g := range groups {
		for _, m := range g.listeners {
			if !labels {
				names = append(names, m.id)
				continue
			}
			for _, label := range m.fields.Placement.Labels {
				names = append(names, "@"+label)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// named returns how messages call a declared event.
func (x *part) named() string { return callsite.Named(title(x), x.At) }
