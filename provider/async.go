package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/source"
	"github.com/rollcall-go/rollcall/ordering"
)

// AsyncError is an asynchronous listener that can't be one.
type AsyncError struct {
	Listener, Source string
	Problem          string
}

func (e *AsyncError) Error() string {
	return fmt.Sprintf("%s is asynchronous, but %s", named(e.Listener, e.Source), e.Problem)
}

// AsyncOrderError is a hint that asks for a listener to run after one that runs
// elsewhere, in its own time.
type AsyncOrderError struct {
	Earlier, EarlierSource string // the asynchronous listener, which was to run first
	Key                    string // by which that receives
	Later, LaterSource     string
	LaterKey               string // "" where a dispatch calls it
}

func (e *AsyncOrderError) Error() string {
	way, mend := "a dispatch does not wait for", "make "+e.Later+" asynchronous by the same key"
	if e.LaterKey != "" {
		way, mend = fmt.Sprintf("the receivers of %s do not wait for", e.LaterKey), "have both received by one key"
	}
	return fmt.Sprintf("%s must run after %s, which %s, as it is received by the key %s: drop the hint, or %s",
		named(e.Later, e.LaterSource), named(e.Earlier, e.EarlierSource), way, e.Key, mend)
}

func isAsync(l *Listener) bool { return l.Async != "" }

// misplaced is an asynchronous listener of a provider that does not publish.
func misplaced(l *Listener) error {
	if !isAsync(l) {
		return nil
	}
	return &AsyncError{l.ID, l.Source, "only a provider that provider.Build makes publishes events: drop the tag's async"}
}

// badAsync is what is wrong with the asynchronous listeners, and with hints at
// them.
func (s *sorter) badAsync() error {
	if !s.async {
		return nil
	}
	var problems []error
	byID := map[string][]*Listener{}
	for i := range s.listeners {
		l := &s.listeners[i]
		byID[l.ID] = append(byID[l.ID], l)
		problems = append(problems, s.cantPublish(l))
	}
	for i := range s.listeners {
		l := &s.listeners[i]
		for _, t := range s.targets(l, l.Placement.Before, byID) {
			problems = append(problems, notAfter(l, t))
		}
		for _, t := range s.targets(l, l.Placement.After, byID) {
			problems = append(problems, notAfter(t, l))
		}
	}
	return errors.Join(problems...)
}

// targets are the listeners that hints of l name, where one event reaches both.
func (s *sorter) targets(l *Listener, hints []ordering.Target, byID map[string][]*Listener) []*Listener {
	var found []*Listener
	for _, t := range hints {
		for _, other := range byID[t.ID] {
			if s.matcher.overlap(l.Event, other.Event) {
				found = append(found, other)
			}
		}
	}
	return found
}

// notAfter refuses that later waits for earlier, where that is received
// elsewhere.
func notAfter(earlier, later *Listener) error {
	if !isAsync(earlier) || earlier.Async == later.Async {
		return nil
	}
	return &AsyncOrderError{Earlier: earlier.ID, EarlierSource: earlier.Source, Key: earlier.Async,
		Later: later.ID, LaterSource: later.Source, LaterKey: later.Async}
}

// cantPublish is why the event of an asynchronous listener can't leave the
// process.
func (s *sorter) cantPublish(l *Listener) error {
	if !isAsync(l) {
		return nil
	}
	e, _ := s.matcher.eventOf(l.Event)
	switch {
	case l.once != nil:
		return &AsyncError{l.ID, l.Source, "is for one event only, which its receivers can't know of each other: drop provider.Once, or the tag's async"}
	case l.Event.IsInterface():
		return &AsyncError{l.ID, l.Source, fmt.Sprintf("listens to the interface %v: it must listen to one type, which what arrives is decoded to", l.Event)}
	case e.Publish == nil:
		return &AsyncError{l.ID, l.Source, fmt.Sprintf("its event %v%s has no name by which it could leave the process: declare it with one", l.Event, source.At(e.Source))}
	}
	return nil
}

// eventOf is the declared event of a key.
func (m *matcher) eventOf(key event.Key) (Event, bool) {
	for _, e := range m.events {
		if e.Key == key {
			return e, true
		}
	}
	return Event{}, false
}

// asyncLast puts the asynchronous listeners behind the others. No hint can be
// against that.
func (s *sorter) asyncLast(placed []ordering.Placed) {
	rank := func(p ordering.Placed) int {
		if isAsync(&s.listeners[p.Item]) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(placed, func(a, b ordering.Placed) int { return rank(a) - rank(b) })
}

// publication is what a dispatch does for asynchronous listeners: the first of
// them in a list publishes the event for all.
type publication struct {
	publish func(context.Context, any) error
}

// publishInstead replaces asynchronous listeners of an event by what a dispatch
// does for them.
func (s *sorter) publishInstead(listeners []*Listener) {
	e, _ := s.matcher.eventOf(listeners[0].Event)
	p := &publication{e.Publish}
	for i, l := range listeners {
		instead := *l
		instead.fn = &body{call: nothing, publication: p}
		listeners[i] = &instead
	}
}

func nothing(context.Context, any) error { return nil }

// publishes says whether the listener at index i is the first of its publication,
// whose listeners stand together.
func publishes(listeners []*Listener, i int) bool {
	p := listeners[i].body().publication
	return p != nil && p.publish != nil && (i == 0 || listeners[i-1].body().publication != p)
}

// acts says whether a dispatch has anything to do for the listener at index i.
func acts(listeners []*Listener, i int) bool {
	return listeners[i].body().publication == nil || publishes(listeners, i)
}

// IsAsync says whether the listener at index i is asynchronous: calling its
// function has the event published. Where another's does, it does nothing, or
// there is none; see [Funcs]. Those that [Received] gives are not.
func (l *List) IsAsync(i int) bool { return l.listeners[i].body().publication != nil }

// syncLen is how many come before the asynchronous ones, which are last.
func (l *List) syncLen() int {
	n := 0
	for n < l.Len() && !l.IsAsync(n) {
		n++
	}
	return n
}

// Keys are the receiver keys of the asynchronous listeners, in the order of
// these.
func (l *List) Keys() []string {
	var keys []string
	for i := l.syncLen(); i < l.Len(); i++ {
		if key := l.listeners[i].Async; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Received gives the asynchronous listeners of a receiver key, in order, for
// whoever receives what a dispatch through p has published. They are called as
// any other there.
func Received(p *Ordered, key string) Provider { return &received{p, key} }

type received struct {
	provider *Ordered
	key      string
}

// Listeners allocates a list.
func (r *received) Listeners(ev any) (*List, error) {
	list, err := r.provider.Listeners(ev)
	if err != nil {
		return nil, err
	}
	mine := newList(slices.DeleteFunc(slices.Clone(list.received), func(l *Listener) bool { return l.Async != r.key }), nil)
	if mine == nil {
		return nil, nil
	}
	mine.passing = true
	mine.serve(list.typ, list.event, nil)
	return mine, nil
}
