package provider

import (
	"errors"
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall/event"
)

// catalog finds declared events by what listeners call them.
type catalog struct {
	events []Event
	byKey  map[event.Key]Event
	byName map[string]Event
}

func newCatalog(events []Event) catalog {
	c := catalog{events: events, byKey: map[event.Key]Event{}, byName: map[string]Event{}}
	for _, e := range events {
		c.byKey[e.Key] = e
		if e.Name != "" {
			c.byName[e.Name] = e
		}
	}
	return c
}

// Resolve gives each of the listeners the event that the name in its tag means
// among the declared ones, as Build does. The error joins an *EventTypeError, an
// *UnknownEventError or an *AmbiguousEventError for each listener that it leaves
// as it is.
func Resolve(listeners []Listener, events []Event) error {
	catalog := newCatalog(events)
	var problems []error
	for i := range listeners {
		if err := catalog.settle(&listeners[i]); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// settle finds the event that a listener's name means, checks that the
// listener's function can take it, and adapts that. Where it fails, the listener
// has the event that it had.
func (c catalog) settle(l *Listener) (err error) {
	if l.Takes() == nil {
		return nil // invalid, and reported as that
	}
	defer func(had event.Key) {
		if err != nil {
			l.Event = had
		}
	}(l.Event)
	if l.fn.exact == nil {
		c.adapt(l)
	}
	if l.Event.Type() == l.fn.takes {
		return nil
	}
	if l.Event.Type() == nil {
		if err := c.settleName(l); err != nil {
			return err
		}
	}
	if e, ok := c.byName[l.Event.Name()]; ok {
		if l.fn.takes == e.Key.Type() || isAsync(l) {
			l.Event = e.Key // so that it is one subscription, whatever it is called
		}
		return checkTakes(l, e)
	}
	if l.Event.Type() == nil {
		return c.checkBareName(l)
	}
	return checkTakes(l, Event{Key: l.Event, Name: c.byKey[l.Event].Name, Source: c.byKey[l.Event].Source})
}

// adapt lets a function that was found by reflection be called without.
func (c catalog) adapt(l *Listener) {
	e, ok := c.byKey[event.TypeKey(l.fn.takes)]
	if !ok || e.adapt == nil {
		return
	}
	if b, ok := e.adapt(l.fn.value); ok {
		adapted := *l.fn // which other copies of the listener share
		adapted.exact, adapted.call, adapted.bind = b.exact, b.call, b.bind
		l.fn = &adapted
	}
}

// settleName turns a name that is the text of a declared type into its key.
func (c catalog) settleName(l *Listener) error {
	name := l.Event.Name()
	if _, declared := c.byName[name]; declared || name == "" {
		return nil
	}
	var matches []event.Key
	for _, e := range c.events {
		if e.Key.Type() != nil && e.Key.Matches(name) {
			matches = append(matches, e.Key)
		}
	}
	isInFull := func(k event.Key) bool { return k.Path() == name }
	switch inFull := slices.IndexFunc(matches, isInFull); {
	case inFull >= 0:
		l.Event = matches[inFull]
	case len(matches) == 1:
		l.Event = matches[0]
	case len(matches) > 1:
		problem := &AmbiguousEventError{Listener: l.ID, Source: l.Source, Event: name}
		for _, k := range matches {
			problem.Candidates = append(problem.Candidates, k.Path())
		}
		return problem
	}
	return nil
}

func checkTakes(l *Listener, e Event) error {
	t := e.Key.Type()
	if t == nil || t.AssignableTo(l.fn.takes) {
		return nil
	}
	return &EventTypeError{Listener: l.ID, Source: l.Source, Takes: event.TypeKey(l.fn.takes), Event: e}
}

// checkBareName refuses a name that the function's parameter can't have.
func (c catalog) checkBareName(l *Listener) error {
	if l.Event.Name() == "" || l.fn.takes.Kind() == reflect.Interface || l.fn.takes.Implements(namedType) {
		return nil
	}
	problem := &UnknownEventError{Listener: l.ID, Source: l.Source, Event: l.Event.Name(), Takes: event.TypeKey(l.fn.takes)}
	for _, e := range c.events {
		problem.Known = append(problem.Known, e.String())
	}
	return problem
}

func duplicateEvents(events []Event) error {
	var problems []error
	byKey, byName := map[event.Key]Event{}, map[string]Event{}
	for _, e := range events {
		if first, twice := byKey[e.Key]; twice {
			problems = append(problems, &DuplicateEventError{First: first, Second: e})
			continue
		}
		byKey[e.Key] = e
		if first, twice := byName[e.Name]; twice && e.Name != "" {
			problems = append(problems, &DuplicateEventError{First: first, Second: e})
		}
		byName[e.Name] = e
	}
	return errors.Join(problems...)
}
