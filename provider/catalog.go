package provider

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/nearest"
)

// catalog finds declared events by what listeners call them.
type catalog struct {
	byKey  map[event.Key]Event
	byName map[string]Event
	byText map[string][]event.Key // what event.Key.Matches says of the types
	names  *suggester
}

func newCatalog(events []Event) catalog {
	c := catalog{
		byKey: map[event.Key]Event{}, byName: map[string]Event{}, byText: map[string][]event.Key{},
		names: &suggester{events: events, left: maxSuggesting},
	}
	for _, e := range events {
		if _, twice := c.byKey[e.Key]; !twice {
			c.addTexts(e.Key)
		}
		c.byKey[e.Key] = e
		if e.Name != "" {
			c.byName[e.Name] = e
		}
	}
	return c
}

// addTexts keeps the texts that mean a type.
func (c catalog) addTexts(k event.Key) {
	if k.Type() == nil {
		return
	}
	texts := []string{k.String(), k.Path(), strings.TrimLeft(k.String(), "*"), strings.TrimLeft(k.Path(), "*")}
	slices.Sort(texts)
	for _, text := range slices.Compact(texts) {
		c.byText[text] = append(c.byText[text], k)
	}
}

// Resolve gives each of the listeners the event that the name in its tag means
// among the declared ones, as Build does. The error joins an *EventTypeError, an
// *UnknownEventError, an *AmbiguousEventError or an *IndirectionError for each
// listener that it leaves as it is.
func Resolve(listeners []Listener, events []Event) error {
	_, err := resolve(listeners, events)
	return err
}

// resolve also gives the IDs of the listeners that it leaves as they are.
func resolve(listeners []Listener, events []Event) (lost map[string]bool, err error) {
	catalog := newCatalog(events)
	lost = map[string]bool{}
	var problems []error
	for i := range listeners {
		if err := catalog.settle(&listeners[i]); err != nil {
			lost[listeners[i].ID] = true
			problems = append(problems, err)
		}
	}
	return lost, errors.Join(problems...)
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
		return c.checkIndirection(l)
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
	matches := c.byText[name]
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
	known, near := c.names.suggest(l.Event.Name())
	return &UnknownEventError{
		Listener: l.ID, Source: l.Source, Event: l.Event.Name(), Takes: event.TypeKey(l.fn.takes),
		Known: known, near: near,
	}
}

// maxSuggesting bounds the work spent on suggestions, in compared pairs of bytes:
// about half a second.
const maxSuggesting = 1 << 26

// suggester finds what an event's name was meant to be.
type suggester struct {
	events []Event
	known  []string // their names, once one is unknown
	length int      // of all of them
	left   int
}

// suggest also gives all names, which its callers share.
func (s *suggester) suggest(name string) (known []string, near string) {
	if s.known == nil {
		for _, e := range s.events {
			s.known = append(s.known, e.String())
			s.length += min(len(e.String()), nearest.MaxLength)
		}
	}
	if s.left -= s.length * min(len(name), nearest.MaxLength); s.left >= 0 {
		if closest, ok := nearest.Name(name, s.known); ok {
			near = closest
		}
	}
	return s.known, near
}

// checkIndirection refuses a listener of a type where only a pointer to that is
// declared, or the other way round: nothing but a dispatch of what nobody declares
// would call it.
func (c catalog) checkIndirection(l *Listener) error {
	t := l.fn.takes
	if _, declared := c.byKey[l.Event]; declared || t.Kind() == reflect.Interface {
		return nil
	}
	other := reflect.PointerTo(t)
	if t.Kind() == reflect.Pointer {
		other = t.Elem()
	}
	e, declared := c.byKey[event.TypeKey(other)]
	if !declared {
		return nil
	}
	return &IndirectionError{Listener: l.ID, Source: l.Source, Takes: l.Event, Event: e}
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
