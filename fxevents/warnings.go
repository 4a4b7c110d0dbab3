package fxevents

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// Strict makes warnings errors. A warning reports something that is probably a mistake but
// may be intended:
//
//   - a receiver key that no [Receive] takes;
//   - a listener whose event nobody declares;
//   - an optional target of a listener, or a key of [Published], that is one edit away from
//     a known one;
//   - the last listener of a receiver key that is [Off];
//   - an event that is dispatched before the listeners are assembled.
//
// Without Strict, fx.New logs each warning at slog.LevelWarn, see [Logger]. The
// *inspect.Report lists them, too.
func Strict() Option { return optionFunc(func(s *settings) { s.strict = true }) }

// warnings returns the warnings about an application, in a fixed order.
func (a *Assembly) warnings(in parts, c catalog, groups []group, all []built) []error {
	uses := a.keyUses(groups)
	warnings := append(misspeltKeys(in.Events, keysOf(uses)), a.unreceived(in, uses)...)
	for i, p := range all {
		warnings = append(warnings, undeclared(p.Events(), c)...)
		if !a.lost {
			warnings = append(warnings, misspeltTargets("no listener", groups[i].listeners)...)
		}
	}
	if !a.lost {
		warnings = append(warnings, misspeltTargets("nothing in a list", groups[len(all)].listeners)...)
	}
	warnings = append(warnings, abandoned(all)...)
	return append(warnings, a.early.all()...)
}

func texts(errs []error) []string {
	var list []string
	for _, err := range errs {
		list = append(list, err.Error())
	}
	return list
}

func (a *Assembly) logWarnings() {
	logger := cmp.Or(a.settings.logger, slog.Default())
	for _, w := range a.warned {
		logger.Warn("rollcall: " + w)
	}
}

// undeclared returns a warning for each event that has listeners and no declaration.
func undeclared(events []provider.EventOrder, c catalog) []error {
	var warnings []error
	var names []string
	for _, e := range c.Events() {
		names = append(names, e.String())
	}
	for _, e := range events {
		if e.Declared || e.Listeners.Len() == 0 {
			continue
		}
		first := e.Listeners.At(0)
		who := callsite.Named(first.ID, first.Source) + " listens"
		if n := e.Listeners.Len() - 1; n > 0 {
			who = fmt.Sprintf("%s and %d more listen", callsite.Named(first.ID, first.Source), n)
		}
		if e.Event.Key.IsInterface() {
			warnings = append(warnings, fmt.Errorf("no declared event implements %s, which %s to: declare one with fxevents.Event", e.Title, who))
			continue
		}
		warnings = append(warnings, fmt.Errorf("nobody declares the event %s, which %s to%s", e.Title, who, declareIt(e.Event, names)))
	}
	return warnings
}

// declareIt returns the next step for an event that nobody declares.
func declareIt(e rollcall.Declaration, names []string) string {
	next := "declare it with fxevents.Event in the module that emits it"
	if near, ok := suggest.Name(e.Key.String(), names); ok {
		return fmt.Sprintf(": did you mean %s? Otherwise %s", near, next)
	}
	return ": " + next
}

// misspeltTargets returns a warning for each optional target that no listener has, if one
// edit makes it the ID of another listener, or a label.
func misspeltTargets(nobody string, listeners []rollcall.Listener) []error {
	known := scopeOf(listeners).targets
	names := slices.Sorted(maps.Keys(known))
	var warnings []error
	for i := range listeners {
		l := &listeners[i]
		check := func(side ordering.Side, targets []ordering.Target) {
			for _, t := range targets {
				if !t.Optional || known[t.ID] {
					continue
				}
				what := "ID"
				if _, isLabel := t.Label(); isLabel {
					what = "label"
				}
				if near := typoIn(t.ID, l.ID, names); near != "" {
					warnings = append(warnings, fmt.Errorf("%s may run %s %s, but %s has that %s, so the hint has no effect: did you mean %s?",
						callsite.Named(l.ID, cmp.Or(l.Placement.Source, l.Source)), side, t, nobody, what, near))
				}
			}
		}
		check(ordering.Before, l.Placement.Before)
		check(ordering.After, l.Placement.After)
	}
	return errlist.Distinct(errors.Join(warnings...)) // a listener of two events has the same hints twice
}

// typoIn returns the name other than own that is one edit away from a target. A label is
// no typo of an ID.
func typoIn(target, own string, names []string) string {
	i := slices.IndexFunc(names, func(name string) bool {
		return name != own && strings.HasPrefix(name, "@") == strings.HasPrefix(target, "@") && suggest.OneEdit(target, name)
	})
	if i < 0 {
		return ""
	}
	return names[i]
}
