package provider

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/listenerid"
	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
)

// Listener is one function for one event key. Make it with [New], [Lazy] or
// [FromValue]; the exported fields may be changed before it is given to a
// provider.
type Listener struct {
	ID        string    // unique in its provider for each event
	Event     event.Key // what it listens to
	Placement ordering.Placement
	Source    string // where it was made, such as "recipes/module.go:21"

	// Async is the receiver key of an asynchronous listener. A dispatch does not
	// call it, but publishes the event, once for all of them, when the other
	// listeners have succeeded; see [Event.Publish]. "" is a listener that a
	// dispatch calls.
	Async string

	// Declared is its place in declared order, from 1; 0 means that it is
	// not known. Only fxevents uses it: elsewhere, declared order is the
	// order in which a provider is given its listeners.
	Declared int

	fn   *body      // nil in a Listener that was not made
	once *onceState // nil but for those of Once
}

// body is the function of a listener. Copies of the listener share it, so it is
// not changed once the listener is made.
type body struct {
	takes reflect.Type                            // the type of its event parameter
	exact any                                     // func(context.Context, takes) error, or nil
	value any                                     // what exact is made of once takes is known statically
	call  func(ctx context.Context, ev any) error // for an event of any type
	asks  bool                                    // wants an Origin
	bind  bind                                    // for lists of events of type takes, or nil
	err   error

	publication *publication // of one that stands for an asynchronous listener
}

// Func is what may be a listener of the event type E. The forms without an
// error never fail; those with an [Origin] learn the dispatcher and the
// event's name.
type Func[E any] interface {
	func(E) | func(E) error |
		func(context.Context, E) | func(context.Context, E) error |
		func(context.Context, E, Origin) | func(context.Context, E, Origin) error
}

// New makes a listener of a function. It listens to the type E, or to what
// the event key of the tag says; at most one tag may be given, of the keys
// event, priority, before, after and async. An empty id stands for the function's
// own name, such as "recipes.Indexer.OnCreated".
//
// A nil function or a bad tag is reported by the provider that is given the
// listener.
func New[E any, F Func[E]](id string, f F, tag ...tags.Tag) Listener {
	b, _ := adapt[E](f)
	if reflect.ValueOf(f).IsNil() {
		b.err = errors.New("its function is nil")
	}
	if id == "" {
		id, _ = source.Func(f)
	}
	return newListener[E](id, b, tag)
}

// FromFunc makes a listener of a function and the fields of a tag, of which
// event, ID, placement and async matter here. It is for those who read tags
// themselves and know where the listener was made: it leaves Source empty.
func FromFunc[E any](f func(context.Context, E) error, fields tags.Fields) Listener {
	b := bodyOf(f, false)
	if f == nil {
		b.err = errors.New("its function is nil")
	}
	return Listener{ID: fields.ID, Event: keyFor(event.KeyOf[E](), fields.Event), Placement: fields.Placement, Async: fields.Async, fn: &b}
}

// Lazy is New for a function that is built at the first event that needs it.
// Where build fails, the dispatch fails with its error, and the next event
// tries again. Events that come meanwhile wait, so build must not dispatch, and
// wait for, one that reaches the same listener: it would wait for itself, for
// ever.
func Lazy[E any](id string, build func() (func(context.Context, E) error, error), tag ...tags.Tag) Listener {
	b, _ := adapt[E](lazily(build))
	switch {
	case build == nil:
		b.err = errors.New("its build function is nil")
	case id == "":
		b.err = errors.New("a lazy listener needs an ID")
	}
	return newListener[E](id, b, tag)
}

func newListener[E any](id string, b body, tag []tags.Tag) Listener {
	l := Listener{ID: id, Event: event.KeyOf[E](), Source: source.Caller(1), fn: &b}
	if len(tag) == 0 {
		return l
	}
	fields, err := tags.Parse(tag[0])
	l.Placement, l.Async = fields.Placement, fields.Async
	l.Event = keyFor(l.Event, fields.Event)
	b.err = errors.Join(b.err, err, onlyPlacement(fields), onlyOne(tag))
	return l
}

// keyFor is the key that a tag's event means for a listener that takes the
// type of key: that type where the text matches it, else the name.
func keyFor(key event.Key, text string) event.Key {
	if text == "" || key.Matches(text) {
		return key
	}
	return event.NameKey(text)
}

func onlyPlacement(f tags.Fields) error {
	if f.ID != "" || f.Method != "" || f.Group != "" {
		return errors.New("its tag may have the keys event, priority, before, after and async only")
	}
	return nil
}

func onlyOne(tag []tags.Tag) error {
	if len(tag) > 1 {
		return errors.New("it has more than one tag: write one, or make a listener of each")
	}
	return nil
}

// Once is l for one event only: of all dispatches, concurrent ones too, the
// first calls it. A [Mutable] provider then drops it. An asynchronous listener
// can't be one.
func Once(l Listener) Listener {
	l.once = &onceState{}
	return l
}

// copied are listeners that share nothing with the caller's which he may change.
func copied(listeners []Listener) []Listener {
	listeners = slices.Clone(listeners)
	for i := range listeners {
		p := &listeners[i].Placement
		p.Before, p.After = slices.Clone(p.Before), slices.Clone(p.After)
	}
	return listeners
}

// Takes is the type of the function's event parameter.
func (l Listener) Takes() reflect.Type { return l.body().takes }

// body is the listener's function; without one, an empty body.
func (l *Listener) body() *body {
	if l.fn == nil {
		return &body{}
	}
	return l.fn
}

// Err is what is wrong with the listener itself, as an *InvalidListenerError,
// or nil. Providers refuse a listener with an error.
func (l Listener) Err() error {
	err := l.body().err
	switch {
	case err != nil:
	case l.body().call == nil:
		err = errors.New("it has no function: make it with provider.New")
	case strings.TrimSpace(l.ID) == "":
		err = errors.New("it has no ID")
	case l.Event == event.Key{}:
		err = errors.New("it has no event")
	default:
		err = listenerid.Check(l.ID)
	}
	if err == nil {
		return nil
	}
	return &InvalidListenerError{ID: l.ID, Source: l.Source, Err: err}
}

// invalid joins what is wrong with each listener.
func invalid(listeners []Listener) error {
	var problems []error
	for i := range listeners {
		if err := listeners[i].Err(); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// mistaken is invalid, and listeners whose function can't take their event.
func mistaken(listeners []Listener) error {
	problems := []error{invalid(listeners)}
	for i := range listeners {
		problems = append(problems, misplaced(&listeners[i]))
		if l := listeners[i]; l.Takes() != nil {
			problems = append(problems, newCatalog(nil).settle(&l))
		}
	}
	return errors.Join(problems...)
}

// duplicateIDs are the IDs that an event has twice.
func duplicateIDs(listeners []Listener) error {
	var problems []error
	type place struct {
		id  string
		key event.Key
	}
	seen := map[place]int{}
	for i := range listeners {
		l := &listeners[i]
		at := place{l.ID, l.Event}
		if first, twice := seen[at]; twice {
			problems = append(problems, &ordering.DuplicateError{
				Items: [2]int{first, i}, ID: l.ID, Event: l.Event.String(),
				Sources: [2]string{listeners[first].Source, l.Source},
			})
			continue
		}
		seen[at] = i
	}
	return errors.Join(problems...)
}
