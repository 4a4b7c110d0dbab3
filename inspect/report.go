package inspect

import (
	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// Report is the order of every event of one or several providers. It holds
// plain data only: reports may be compared, and read back from their JSON.
type Report struct {
	Providers []Provider `json:"providers"`
}

// Provider is one provider with its events.
type Provider struct {
	ID          string  `json:"id"`
	ListenerTag string  `json:"listener_tag"`
	Events      []Event `json:"events"`
}

// Event is one event with its listeners, in the order in which they run.
type Event struct {
	Event  string `json:"event"`            // its name, or its type where it has none; no other event of the provider has it
	Type   string `json:"type,omitempty"`   // with its import path, where it is known
	Source string `json:"source,omitempty"` // where it is declared
	// Undeclared says that listeners wait for the event and nobody declares
	// it: it may be somebody else's, or a misspelt name. An order file by
	// itself can't tell.
	Undeclared bool       `json:"undeclared,omitempty"`
	Listeners  []Listener `json:"listeners"`
}

// Listener is a listener at its place.
type Listener struct {
	ID        string    `json:"id"`
	Reason    string    `json:"reason"`           // why it stands there, in a short sentence
	Source    string    `json:"source,omitempty"` // where it was registered
	Hears     string    `json:"hears,omitempty"`  // an interface or a name, where it listens to that and not to the event itself
	Async     string    `json:"async,omitempty"`  // the receiver key of one that a dispatch does not call; it publishes the event
	Placement Placement `json:"placement,omitzero"`
	// Overridden is the placement in the code that an order file replaced.
	Overridden *Placement `json:"overridden,omitempty"`
	NoEffect   []NoEffect `json:"no_effect,omitempty"`
}

// Placement is where a listener asks to run.
type Placement struct {
	Priority string   `json:"priority,omitempty"`
	Before   []string `json:"before,omitempty"` // an optional target with its "?"
	After    []string `json:"after,omitempty"`
	Source   string   `json:"source,omitempty"` // where that is written, if elsewhere than the listener
}

// NoEffect is a hint that changes nothing in the order of its event.
type NoEffect struct {
	Hint string `json:"hint"` // such as "before ?metrics.Counter"
	Why  string `json:"why"`
}

// PlacementOf is a placement as a report has it.
func PlacementOf(p ordering.Placement) Placement {
	return Placement{Priority: p.Priority.String(), Before: texts(p.Before), After: texts(p.After), Source: p.Source}
}

func texts(targets []ordering.Target) []string {
	var list []string
	for _, t := range targets {
		list = append(list, t.String())
	}
	return list
}

// OfFile reports the order that the content of an order file declares by itself. The name
// is for messages. The error joins every problem of the file, each with its place.
func OfFile(name string, data []byte) (Report, error) {
	orders, err := orderfile.Order(name, data)
	if err != nil {
		return Report{}, err
	}
	r := Report{Providers: []Provider{}}
	for _, o := range orders {
		p := Provider{ID: o.ID, ListenerTag: o.ListenerTag, Events: []Event{}}
		for _, e := range o.Events {
			var placed []placed
			for _, l := range e.Listeners {
				x := placedAt(l.ID, l.Placement.Source, l.Placement, l.Reason)
				x.declared = l.Declared
				placed = append(placed, x)
			}
			p.Events = append(p.Events, Event{Event: e.Event, Listeners: listeners(placed)})
		}
		p.explainAbsent()
		r.Providers = append(r.Providers, p)
	}
	return r, nil
}

// OfProvider reports the order of a built provider, under an ID and the tag or
// group that its listeners were collected by.
func OfProvider(id, listenerTag string, p *provider.Sorted) Provider {
	result := Provider{ID: id, ListenerTag: listenerTag, Events: []Event{}}
	if p == nil {
		return result
	}
	declared := map[subscription]int{}
	for i, l := range p.All() {
		declared[subscription{l.ID, l.Event}] = i
	}
	for _, e := range p.Events() {
		var placed []placed
		for i, l := range e.Listeners.All() {
			reason, _ := e.Listeners.Reason(i)
			x := placedAt(l.ID, l.Source, l.Placement, reason)
			x.Async = l.Async
			x.Hears, x.declared = hears(l.Event, e.Event), declared[subscription{l.ID, l.Event}]
			placed = append(placed, x)
		}
		reported := Event{Event: e.Title, Source: e.Event.Source, Undeclared: !e.Declared, Listeners: listeners(placed)}
		if e.Event.Key.Type() != nil {
			reported.Type = e.Event.Key.Path()
		}
		result.Events = append(result.Events, reported)
	}
	result.explainAbsent()
	return result
}

// subscription is a listener of a provider: an ID may listen to several keys.
type subscription struct {
	id  string
	key event.Key
}

// hears is what a listener of the event listens to, unless that is the event
// by its type or name.
func hears(key event.Key, e rollcall.Declaration) string {
	if key == e.Key || key.Name() != "" && key.Name() == e.Name {
		return ""
	}
	return key.String()
}

// Unheard are the events of the provider that nobody hears.
func (p Provider) Unheard() []Event {
	return p.eventsThat(func(e Event) bool { return len(e.Listeners) == 0 })
}

// Undeclared are the events of the provider that somebody listens to and
// nobody declares.
func (p Provider) Undeclared() []Event {
	return p.eventsThat(func(e Event) bool { return e.Undeclared })
}

func (p Provider) eventsThat(holds func(Event) bool) []Event {
	var events []Event
	for _, e := range p.Events {
		if holds(e) {
			events = append(events, e)
		}
	}
	return events
}
