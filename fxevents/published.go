package fxevents

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/transport"
)

// EventOption configures an event that [Event] declares. [Published] returns one.
type EventOption interface{ applyToEvent(*publishing) }

// Published publishes an event even if this process has no asynchronous listener of it. The
// listeners are in another program, which needs only the event's name:
//
//	fxevents.Event[*Placed]("order.placed", fxevents.Published("mail"))
//
// The event is stored for each of the receiver keys from the start, whether or not a
// receiver has ever run. Without keys, other programs get it while they are subscribed, as
// with any publish-subscribe system. A dispatch then succeeds even if there is no receiver.
//
// The event must have a name, and its type must not be an interface. The report shows the
// publication as an asynchronous listener with the ID fxevents.Published(mail).
func Published(keys ...string) EventOption {
	return publishing{keys: slices.Clone(keys), source: callsite.Caller(0)}
}

// publishing is what the Published options of one event say together.
type publishing struct {
	keys   []string
	source string // of the first, "" if there is none
}

func (p publishing) applyToEvent(all *publishing) {
	all.keys = append(all.keys, p.keys...)
	if all.source == "" {
		all.source = p.source
	}
}

func publishingOf(options []EventOption) publishing {
	var p publishing
	for _, o := range options {
		if o != nil {
			o.applyToEvent(&p)
		}
	}
	return p
}

// anyReceiver takes the place of a receiver key if an event is published for all
// subscribers.
const anyReceiver = friend.AnyKey

// forOthers is a receiver key that an event is published for, and that no listener of this
// process has.
type forOthers struct {
	event event.Key
	key   string
}

// isForOthers reports whether a receiver key of an event stands for other processes.
func (a *Assembly) isForOthers(k event.Key, key string) bool { return a.others[forOthers{k, key}] }

// publish adds an asynchronous listener to the first group for each receiver key that
// Published names and no listener has. It is never called, but has the event published.
func (a *Assembly) publish(events []declaredEvent, groups []group, isOff func(*rollcall.Listener) bool) []error {
	var problems []error
	g := &groups[0]
	for _, d := range sortedBy(events, func(d declaredEvent) int { return d.declared }) {
		if d.published.source == "" {
			continue
		}
		if err := d.unpublishable(); err != nil {
			problems = append(problems, err)
			continue
		}
		heard := asyncKeys(g.listeners, d.event.Key, isOff)
		missing := slices.DeleteFunc(slices.Clone(d.published.keys), func(key string) bool { return slices.Contains(heard, key) })
		if len(heard)+len(missing) == 0 {
			missing = []string{anyReceiver}
		}
		slices.Sort(missing)
		for _, key := range slices.Compact(missing) {
			a.others[forOthers{d.event.Key, key}] = true
			g.listeners = append(g.listeners, a.placed(d.publication(key)))
		}
	}
	return problems
}

// asyncKeys returns the receiver keys that listeners of an event have.
func asyncKeys(listeners []rollcall.Listener, k event.Key, isOff func(*rollcall.Listener) bool) []string {
	var keys []string
	for i := range listeners {
		if l := &listeners[i]; l.Async != "" && l.Event == k && !isOff(l) {
			keys = append(keys, l.Async)
		}
	}
	return keys
}

// publication returns the listener that has an event published for a receiver key.
func (d declaredEvent) publication(key string) rollcall.Listener {
	l := d.listener(tags.Fields{ID: "fxevents.Published(" + strings.Trim(key, anyReceiver) + ")", Async: key})
	l.Source = d.published.source
	return l
}

// unpublishable returns an error if Published can't hold for the event.
func (d declaredEvent) unpublishable() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("fxevents.Published at %s: "+format, append([]any{d.published.source}, args...)...)
	}
	switch {
	case d.event.Key.IsInterface():
		return fail("%v is an interface: declare a concrete type, so that the event can be encoded and decoded", d.event.Key)
	case d.event.Name == "":
		return fail("%v can't be published without a name: declare it with one", d.event.Key)
	}
	for _, key := range d.published.keys {
		problem := problemOfKey(transport.Subscription{Key: key})
		if key == "" {
			problem = "it is empty"
		}
		if problem != "" {
			return fail("the receiver key %q can't be used: %s", key, problem)
		}
	}
	return nil
}

// publishedKeys returns the receiver keys in all Published options.
func publishedKeys(events []declaredEvent) []string {
	var keys []string
	for _, d := range events {
		keys = append(keys, d.published.keys...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// misspeltKeys returns a warning for each receiver key in a Published option that no
// listener has, if one edit makes it the key of a listener.
func misspeltKeys(events []declaredEvent, known []string) []error {
	var warnings []error
	for _, d := range sortedBy(events, func(d declaredEvent) int { return d.declared }) {
		for _, key := range d.published.keys {
			near := slices.IndexFunc(known, func(k string) bool { return suggest.OneEdit(key, k) })
			if !slices.Contains(known, key) && near >= 0 {
				warnings = append(warnings, fmt.Errorf("fxevents.Published at %s names the receiver key %s, which no listener of this process has: did you mean %s?",
					d.published.source, key, known[near]))
			}
		}
	}
	return warnings
}

// unheard does nothing. It stands in for a listener, and no dispatch calls it.
func unheard[E any](context.Context, E) error { return nil }
