package rollcall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/suggest"
)

// Declaration describes an event type of an application to a provider, with an optional
// name. Make it with [Declare]. A literal with a Key works too, but an untyped dispatch
// may then cost a type assertion for each listener.
type Declaration struct {
	Key    event.Key
	Name   string // "" if the event has only its type
	Source string // where it is declared, such as "recipes/module.go:12"; for messages

	// Publish publishes the event for its asynchronous listeners. It returns nil once the
	// event is stored safely. If Publish is nil, a provider refuses asynchronous
	// listeners of the event. It may be called concurrently.
	Publish func(ctx context.Context, ev any) error

	bind bind
}

// Declare returns the declaration of the event type E. If it has a name, listeners
// may subscribe to the name instead of the type.
func Declare[E any](name string) Declaration {
	return Declaration{Key: event.KeyOf[E](), Name: name, bind: bindTo[E]}
}

// String returns the event's name, or its type if it has none.
func (d Declaration) String() string { return cmp.Or(d.Name, d.Key.String()) }

// catalog finds the declared event that a text refers to.
type catalog struct {
	events []Declaration
	byKey  map[event.Key]Declaration
	byName map[string]Declaration
	byText map[string][]event.Key // text → the keys of types that it matches, see event.Key.Matches
	names  *suggest.Suggester
}

func newCatalog(events []Declaration) *catalog {
	c := &catalog{events: events, byKey: map[event.Key]Declaration{}, byName: map[string]Declaration{}, byText: map[string][]event.Key{}}
	var texts []string
	for _, e := range events {
		texts = append(texts, e.String())
		if _, twice := c.byKey[e.Key]; !twice {
			c.addTexts(e.Key)
		}
		c.byKey[e.Key] = e
		if e.Name != "" {
			c.byName[e.Name] = e
		}
	}
	c.names = suggest.NewSuggester(func() []string { return texts })
	return c
}

// addTexts adds the texts that match the key of a type.
func (c *catalog) addTexts(k event.Key) {
	if k.Type() == nil {
		return
	}
	texts := []string{k.String(), k.Path(), strings.TrimLeft(k.String(), "*"), strings.TrimLeft(k.Path(), "*")}
	slices.Sort(texts)
	for _, text := range slices.Compact(texts) {
		c.byText[text] = append(c.byText[text], k)
	}
}

// Events returns the declarations.
func (c *catalog) Events() []Declaration { return c.events }

// Declared returns the declaration of a key.
func (c *catalog) Declared(k event.Key) (Declaration, bool) {
	d, ok := c.byKey[k]
	return d, ok
}

// Means reports whether a text means the key: the key itself, its declared name, or the
// type that has the key as its declared name.
func (c *catalog) Means(text string, k event.Key) bool {
	if k.Matches(text) {
		return true
	}
	if name := c.byKey[k].Name; name != "" && name == text {
		return true
	}
	named, ok := c.byName[k.Name()]
	return ok && named.Key.Matches(text)
}

// Resolve sets the event of each listener to the declared event that its tag names. If
// that is impossible, Resolve does not change the listener. The error joins an
// *EventError for each such listener, and lost has their IDs.
func (c *catalog) Resolve(listeners []Listener) (lost map[string]bool, err error) {
	lost = map[string]bool{}
	var problems []error
	for i := range listeners {
		l := &listeners[i]
		if l.Takes() == nil {
			continue // invalid: Listener.Err reports it
		}
		key, err := c.resolve(l)
		if err != nil {
			lost[l.ID] = true
			problems = append(problems, err)
			continue
		}
		l.Event = key
	}
	return lost, errors.Join(problems...)
}

// resolve returns the key of the event that l listens to. It returns an error if that
// event can't reach l.
func (c *catalog) resolve(l *Listener) (event.Key, error) {
	if l.Event.Type() == l.fn.takes {
		return l.Event, c.checkIndirection(l)
	}
	key := l.Event
	if key.Type() == nil {
		var err error
		if key, err = c.keyOfName(l, key); err != nil {
			return key, err
		}
	}
	if e, ok := c.byName[key.Name()]; ok {
		if l.fn.takes == e.Key.Type() || l.Async != "" {
			key = e.Key // the same key, whether the tag has the name or the type
		}
		return key, checkTakes(l, e)
	}
	if key.Type() == nil {
		return key, c.checkBareName(l)
	}
	return key, checkTakes(l, Declaration{Key: key, Name: c.byKey[key].Name, Source: c.byKey[key].Source})
}

// keyOfName returns the key of the declared type that the key's name refers to. It
// returns the key itself if there is no such type, and an error if there are several.
func (c *catalog) keyOfName(l *Listener, key event.Key) (event.Key, error) {
	name := key.Name()
	if _, declared := c.byName[name]; declared || name == "" {
		return key, nil
	}
	matches := c.byText[name]
	isInFull := func(k event.Key) bool { return k.Path() == name }
	switch inFull := slices.IndexFunc(matches, isInFull); {
	case inFull >= 0:
		return matches[inFull], nil
	case len(matches) == 1:
		return matches[0], nil
	case len(matches) == 0:
		return key, nil
	}
	var paths []string
	for _, k := range matches {
		paths = append(paths, k.Path())
	}
	return key, eventError(l, "listens to %s, which may be any of %s: write one of these in full", name, strings.Join(paths, ", "))
}

func checkTakes(l *Listener, e Declaration) error {
	if t := e.Key.Type(); t == nil || t.AssignableTo(l.fn.takes) {
		return nil
	}
	return eventError(l, "takes %v, but listens to %v, which is a %v%s: correct the tag's event or the parameter",
		event.TypeKey(l.fn.takes), e, e.Key, callsite.At(e.Source))
}

// checkBareName refuses a name that no event of the parameter's type can have.
func (c *catalog) checkBareName(l *Listener) error {
	name := l.Event.Name()
	if name == "" || l.fn.takes.Kind() == reflect.Interface || l.fn.takes.Implements(namedType) {
		return nil
	}
	next := "declare it"
	if near := c.names.Name(name, ""); near != "" {
		next = "did you mean " + near + "? Otherwise declare it"
	}
	return eventError(l, "listens to %s, but no event has that name: %s, or drop the tag's event to listen to %v",
		name, next, event.TypeKey(l.fn.takes))
}

// checkIndirection refuses a listener of a type T if only *T is declared, and a listener
// of *T if only T is declared. Only a dispatch of an undeclared type would call such a
// listener.
func (c *catalog) checkIndirection(l *Listener) error {
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
	return eventError(l, "takes %v, which nobody declares, but the event is %v%s: take that, or declare %v, too",
		l.Event, e.Key, callsite.At(e.Source), l.Event)
}

// EventError reports a listener that its event can't reach. Either the event is unknown,
// the listener's function has another parameter type, or the event can't be published
// for an asynchronous listener.
type EventError struct {
	Listener, Source string
	Event            string // what it listens to
	Problem          string // what is wrong, and the next step
}

func eventError(l *Listener, format string, args ...any) error {
	return &EventError{Listener: l.ID, Source: l.Source, Event: l.Event.String(), Problem: fmt.Sprintf(format, args...)}
}

func (e *EventError) Error() string { return callsite.Named(e.Listener, e.Source) + " " + e.Problem }
