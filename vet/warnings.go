package vet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
)

// checkWarnings reports the warnings of an application that is strict, and so refuses to
// start. For any other application, they may be intended.
func (a *application) checkWarnings() {
	if a.assembly == nil || !a.strict || !a.rulesKnown || !a.complete() {
		return
	}
	a.misspeltKeys()
	a.unreceived()
	for _, g := range a.groups {
		a.undeclared(g)
		a.misspeltTargets("no listener", g.listeners)
	}
	if !a.hiddenMembers {
		a.misspeltTargets("nothing in a list", a.listMembers)
	}
}

// undeclared reports the events that have listeners and no declaration.
func (a *application) undeclared(g group) {
	heard, order := map[string][]*member{}, []string(nil)
	for _, m := range g.listeners {
		if a.catalog.declared(m) != nil || m.lost || m.Type.Interface || m.Type.Named {
			continue
		}
		if heard[m.event] == nil {
			order = append(order, m.event)
		}
		heard[m.event] = append(heard[m.event], m)
	}
	for _, text := range order {
		first := heard[text][0]
		who := callsite.Named(first.id, first.At) + " listens"
		if n := len(heard[text]) - 1; n > 0 {
			who = fmt.Sprintf("%s and %d more listen", callsite.Named(first.id, first.At), n)
		}
		next := ": declare it with fxevents.Event in the module that emits it"
		if near, ok := suggest.Name(text, a.catalog.titles()); ok {
			next = fmt.Sprintf(": did you mean %s? Otherwise declare it with fxevents.Event in the module that emits it", near)
		}
		a.problem(warning, first.part, fmt.Sprintf("nobody declares the event %s, which %s to%s", text, who, next))
	}
}

// unreceived reports receiver keys that the process does not receive.
func (a *application) unreceived() {
	receives, others := a.of(receive), a.of(elsewhere)
	if slices.ContainsFunc(slices.Concat(receives, others), func(x *part) bool { return x.Hidden }) {
		return
	}
	takes := func(key string) func(*part) bool {
		return func(x *part) bool { return len(x.Keys) == 0 || slices.Contains(x.Keys, key) }
	}
	var left []*member
	var keys []string
	for _, g := range a.groups {
		for _, m := range g.listeners {
			key := m.fields.Async
			if key == "" || m.Kind != listener || slices.Contains(keys, key) || slices.ContainsFunc(receives, takes(key)) || slices.ContainsFunc(others, takes(key)) {
				continue
			}
			left, keys = append(left, m), append(keys, key)
		}
	}
	if len(left) == 0 {
		return
	}
	if len(receives) == 0 {
		a.problem(warning, left[0].part, nothingReceives(left[0], keys))
		return
	}
	var received []string
	for _, r := range receives {
		received = append(received, r.Keys...)
	}
	slices.Sort(received)
	for _, m := range left {
		key, next := m.fields.Async, ": add"
		if near, ok := suggest.Name(key, received); ok {
			next = ", did you mean " + near + "? Otherwise add"
		}
		a.problem(warning, m.part, fmt.Sprintf("no Receive takes key %s of %s%s fxevents.Receive(%q), or fxevents.ReceivedElsewhere(%q) if another process receives it",
			key, callsite.Named(m.id, m.At), next, key, key))
	}
}

func nothingReceives(first *member, keys []string) string {
	by := callsite.Named(first.id, first.At)
	if len(keys) == 1 {
		return fmt.Sprintf("no fxevents.Receive takes the receiver key %s of %s: add fxevents.Receive(), or fxevents.ReceivedElsewhere(%q) if another process receives it", keys[0], by, keys[0])
	}
	return fmt.Sprintf("no fxevents.Receive takes the receiver keys %s; the first one is that of %s: add fxevents.Receive(), or fxevents.ReceivedElsewhere(%s) if another process receives them",
		strings.Join(keys, ", "), by, `"`+strings.Join(keys, `", "`)+`"`)
}

// misspeltTargets reports optional targets that are one edit away from a known one.
func (a *application) misspeltTargets(nobody string, members []*member) {
	names := slices.Concat(a.targets([]group{{listeners: members}}, false), a.targets([]group{{listeners: members}}, true))
	slices.Sort(names)
	for _, m := range members {
		check := func(side ordering.Side, targets []ordering.Target) {
			for _, t := range targets {
				if !t.Optional || slices.Contains(names, t.ID) {
					continue
				}
				what := "ID"
				if strings.HasPrefix(t.ID, "@") {
					what = "label"
				}
				i := slices.IndexFunc(names, func(name string) bool {
					return name != m.id && strings.HasPrefix(name, "@") == strings.HasPrefix(t.ID, "@") && suggest.OneEdit(t.ID, name)
				})
				if i >= 0 {
					a.inText(warning, m.part, t.ID, names[i], fmt.Sprintf("%s may run %s %s, but %s has that %s, so the hint has no effect: did you mean %s?",
						callsite.Named(m.id, cmp.Or(m.fields.Placement.Source, m.At)), side, t, nobody, what, names[i]))
				}
			}
		}
		check(ordering.Before, m.fields.Placement.Before)
		check(ordering.After, m.fields.Placement.After)
	}
}

// misspeltKeys reports keys of fxevents.Published that are one edit away from a known one.
func (a *application) misspeltKeys() {
	known := a.keys()
	for _, e := range a.catalog.events {
		for i := range e.Children {
			x := &e.Children[i]
			for _, key := range x.Keys {
				near := slices.IndexFunc(known, func(k string) bool { return suggest.OneEdit(key, k) })
				if !slices.Contains(known, key) && near >= 0 {
					a.inText(warning, x, key, known[near], fmt.Sprintf("fxevents.Published at %s names the receiver key %s, which no listener of this process has: did you mean %s?", x.At, key, known[near]))
				}
			}
		}
	}
}
