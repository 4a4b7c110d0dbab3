package fxevents

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
)

// isWrong reports whether the members of one list have a problem. A label that none of them
// has may be one of other lists or listeners, so it does not count.
func isWrong(err error) bool {
	for _, e := range errlist.Leaves(err) {
		var unknown *ordering.UnknownTargetError
		if !errors.As(e, &unknown) || !isLabel(unknown.Hint.Target) {
			return true
		}
	}
	return false
}

func isLabel(target string) bool {
	_, is := ordering.Target{ID: target}.Label()
	return is
}

// named makes the errors about targets that a list does not have speak of lists.
func (l lists) named(err error) error {
	for _, e := range errlist.Leaves(err) {
		if deaf := (*ordering.NotListeningError)(nil); errors.As(e, &deaf) {
			deaf.List = l.has(event.NameKey(deaf.Event))
		}
	}
	return err
}

// ofLists makes the errors of package ordering about members of lists speak of lists.
func (l lists) ofLists(err error) error {
	var problems []error
	for _, e := range errlist.Leaves(l.named(err)) {
		switch e := e.(type) {
		case *ordering.DuplicateError:
			e.List = true
			problems = append(problems, l.namesake(e))
			continue
		case *ordering.UnknownTargetError:
			e.List = true
		}
		problems = append(problems, e)
	}
	return errors.Join(problems...)
}

// namesake replaces the error for values of two types that have one name.
func (l lists) namesake(twice *ordering.DuplicateError) error {
	x, y := l.members[twice.Items[0]], l.members[twice.Items[1]]
	first, second := x.valueType(), y.valueType()
	if first == second || callsite.Type(first) != callsite.Type(second) || twice.ID != callsite.Type(first) || first.Kind() == reflect.Func {
		return twice
	}
	return &namesakeError{twice, namesakes(first, second, "contributed at "+twice.Sources[0], "contributed at "+twice.Sources[1])}
}

// knownIn replaces the errors of some groups for targets that other listeners, or the
// members of lists, have. The target does not belong to the event or list, or it is a label
// that orders nothing there.
func knownIn(others []rollcall.Listener, err error, groups []group) error {
	if err == nil {
		return nil
	}
	known := scopeOf(others).targets
	var problems []error
	for _, e := range errlist.Leaves(err) {
		if unknown := (*ordering.UnknownTargetError)(nil); errors.As(e, &unknown) && unknown.Rule == "" && known[unknown.Hint.Target] {
			if isLabel(unknown.Hint.Target) {
				continue
			}
			e = &ordering.NotListeningError{Hint: unknown.Hint, Event: eventOf(unknown.Hint, groups), TargetSource: sourceOf(unknown.Hint.Target, others)}
		}
		problems = append(problems, e)
	}
	return errors.Join(problems...)
}

// eventOf returns the event or list of the listener that a hint belongs to.
func eventOf(h ordering.Hint, groups []group) string {
	for _, g := range groups {
		if h.Item < len(g.listeners) && g.listeners[h.Item].ID == h.Listener {
			return g.listeners[h.Item].Event.String()
		}
	}
	return ""
}

func sourceOf(id string, listeners []rollcall.Listener) string {
	return listeners[slices.IndexFunc(listeners, func(l rollcall.Listener) bool { return l.ID == id })].Source
}

// isList reports an entry for an event that has the name of a list.
func (o *overrides) isList(l orderfile.Listener) bool {
	return slices.Contains(o.lists().lists, l.Event)
}

// lists returns the group of the lists.
func (o *overrides) lists() group { return o.groups[len(o.settings.providers)] }

// list replaces the placement of one member of a list.
func (o *overrides) list(l orderfile.Listener) {
	index, g := len(o.settings.providers), o.lists()
	switch event := eventNamed(l.Event, o.catalog); {
	case !l.List:
		o.fail(orderfile.KindUnknownEvent, l.EventPosition, "%s is a list, not an event: write list instead of event", l.Event)
		return
	case event != "" && !slices.Contains(g.lists, l.Event):
		o.fail(orderfile.KindUnknownEvent, l.EventPosition, "%s is an event, not a list: write event instead of list", event)
		return
	case l.Tag != DefaultGroup:
		o.fail(orderfile.KindUnknownProvider, l.Position, "the list %s has the tag %s, not %s: write that", l.Event, DefaultGroup, l.Tag)
		return
	}
	var own []string // the lists of the ID
	for _, i := range o.ids(index)[l.ID] {
		if name := g.listeners[i].Event.Name(); name == l.Event {
			o.replace(index, &g.listeners[i], l)
			return
		} else {
			own = append(own, name)
		}
	}
	var known []string
	for _, x := range g.listeners {
		known = append(known, x.ID)
	}
	switch {
	case l.Optional, len(own) == 0 && o.lost:
	case !slices.Contains(g.lists, l.Event):
		o.fail(orderfile.KindUnknownEvent, l.EventPosition, "the application has no list %s%s", l.Event, suggest.Correction(l.Event, append(own, g.lists...)))
	case len(own) == 0:
		o.fail(orderfile.KindUnknownListener, l.Position, "nothing in the application's lists has the ID %s%s", l.ID, suggest.Correction(l.ID, known))
	default:
		o.fail(orderfile.KindUnknownEvent, l.EventPosition, "%s is not in the list %s, only in %s: write that, or drop the tag", l.ID, l.Event, strings.Join(own, ", "))
	}
}
