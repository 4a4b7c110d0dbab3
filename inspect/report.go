package inspect

import (
	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// Report is the order of every event of one or several providers. Except for Live, it holds
// plain data only, so it can be read back from its JSON. To compare reports, use [Compare].
// The zero Report has no providers.
type Report struct {
	Providers []Provider `json:"providers"`
	// Warnings are probable mistakes in the application, such as a receiver key that no
	// process receives. Only package fxevents sets them. Compare ignores them.
	Warnings []string `json:"warnings,omitempty"`

	// Live returns the report as it is at the moment of the call. It is nil for a report
	// that does not change. Only package fxevents sets it, in an application with
	// fxevents.Runtime, where listeners are added and removed. Live may be called
	// concurrently. It costs little if nothing has changed since its last call. What it
	// returns must not be changed.
	Live func() Report `json:"-"`
}

// Provider is one provider with its events.
type Provider struct {
	ID          string  `json:"id"`            // its name, "default" for the one without a name
	ListenerTag string  `json:"listener_tag"`  // the tag or value group that collects its listeners
	Events      []Event `json:"events"`        // including those without listeners
	Off         []Off   `json:"off,omitempty"` // listeners that the application has switched off
}

// Off is a listener that the application has switched off for one event.
type Off struct {
	Event    string `json:"event"`
	Listener string `json:"listener"`         // its ID
	By       string `json:"by"`               // where that is written, such as "services.yaml:9", and by which label
	Source   string `json:"source,omitempty"` // where the listener is registered
}

// Event is one event with its listeners, in the order in which they run.
type Event struct {
	Event  string `json:"event"`            // its name, or its type if it has none; unique in the provider
	Type   string `json:"type,omitempty"`   // with its import path, if known
	Source string `json:"source,omitempty"` // where it is declared
	// List reports that this is a list, whose members are contributions, not listeners.
	List bool `json:"list,omitempty"`
	// Undeclared reports that the event has listeners and no declaration. It may belong
	// to another application, or its name may be misspelt. OfFile never sets Undeclared,
	// since an order file does not declare events.
	Undeclared bool       `json:"undeclared,omitempty"`
	Listeners  []Listener `json:"listeners"`
	// Sequences are those of the application that order listeners of this event. Entries
	// that mean none of them are left out.
	Sequences [][]Entry `json:"sequences,omitempty"`
	// Notes are remarks on the event: several packages ask to be first, or last.
	Notes []string `json:"notes,omitempty"`
}

// Entry is one entry of a sequence. The listeners that it means run after those of the
// entries before it.
type Entry struct {
	Target string `json:"target"`           // an ID, or "@" and a label
	Source string `json:"source,omitempty"` // where it is written, such as "services.yaml:3"
}

// Listener describes a listener and why it runs at its place.
type Listener struct {
	ID        string    `json:"id"`
	Reason    string    `json:"reason"`           // why it runs at this place, such as "right after audit.Log"
	Tie       string    `json:"tie,omitempty"`    // the listener that runs later only because of declared order; also in Reason
	Source    string    `json:"source,omitempty"` // where it was registered
	Hears     string    `json:"hears,omitempty"`  // the interface or name that it listens to, if not the event itself
	Async     string    `json:"async,omitempty"`  // the receiver key of an asynchronous listener; "*" for any
	Placement Placement `json:"placement,omitzero"`
	// Overridden is the placement in the code that an order file replaced.
	Overridden *Placement `json:"overridden,omitempty"`
	NoEffect   []NoEffect `json:"no_effect,omitempty"`
}

// Placement is where a listener asks to run.
type Placement struct {
	Priority string   `json:"priority,omitempty"` // "first", "last" or a number; "" if it asks for none
	Labels   []string `json:"labels,omitempty"`   // names by which targets such as "@audit" mean the listener
	Before   []string `json:"before,omitempty"`   // IDs and labels; one that may be absent begins with "?"
	After    []string `json:"after,omitempty"`    // like Before
	Source   string   `json:"source,omitempty"`   // where the placement is written, if not at Listener.Source
}

// NoEffect is a hint that changes nothing in the order of its event.
type NoEffect struct {
	Hint string `json:"hint"` // such as "before ?metrics.Counter"
	Why  string `json:"why"`
}

// placementOf converts a placement to the form in a report.
func placementOf(p ordering.Placement) Placement {
	return Placement{Priority: p.Priority.String(), Labels: p.Labels, Before: texts(p.Before), After: texts(p.After), Source: p.Source}
}

// offBy returns what switched a listener off: the place, and the label if that is how it
// is meant there.
func offBy(by ordering.Entry, id string) string {
	switch {
	case by.Source == "":
		return by.ID
	case by.ID == id:
		return by.Source
	}
	return by.Source + ", " + by.ID
}

func texts(targets []ordering.Target) []string {
	var list []string
	for _, t := range targets {
		list = append(list, t.String())
	}
	return list
}

// OfFile returns the order that an order file declares, without any Go code. Its ties are
// broken by position in the file; those of an application by the order of its options. The
// name is used in errors. The error joins all problems of the file, each with its position.
func OfFile(name string, data []byte) (Report, error) {
	orders, err := orderfile.Order(name, data)
	if err != nil {
		return Report{}, err
	}
	r := Report{Providers: []Provider{}}
	for _, o := range orders {
		p := Provider{ID: o.ID, ListenerTag: o.ListenerTag, Events: []Event{}}
		targets := map[[2]string]string{}
		for _, e := range o.Events {
			var placed []placed
			for _, l := range e.Listeners {
				x := placedAt(l.ID, l.Placement.Source, l.Placement, l.Reason)
				x.declared = l.Declared
				placed = append(placed, x)
			}
			for _, off := range e.Off {
				p.addOff(targets, Off{e.Event, off.ID, offBy(off.By, off.ID), off.Placement.Source}, off.Placement.Labels)
			}
			if len(placed) > 0 {
				p.Events = append(p.Events, decided(Event{Event: e.Event, List: e.List}, placed, e.Sequences))
			}
		}
		p.explainAbsent(targets)
		r.Providers = append(r.Providers, p)
	}
	return r, nil
}

// addOff adds what is off, and to targets what switches its ID and its labels off.
func (p *Provider) addOff(targets map[[2]string]string, x Off, labels []string) {
	p.Off = append(p.Off, x)
	targets[[2]string{x.Event, x.Listener}] = x.By
	for _, label := range labels {
		targets[[2]string{x.Event, "@" + label}] = x.By
	}
}

// OfProvider returns the present order of a provider that can list its events, such as a
// provider.Sorted, Mutable or Chain. The ID and the tag or value group of its listeners
// become the result's ID and ListenerTag, and mean nothing else. If an order file replaced
// the placement of a listener, replaced returns the one in the code and true. It may be nil.
func OfProvider(id, listenerTag string, p interface{ Events() []provider.EventOrder },
	replaced func(rollcall.Listener) (ordering.Placement, bool)) Provider {
	result := Provider{ID: id, ListenerTag: listenerTag, Events: []Event{}}
	if p == nil {
		return result
	}
	if m, ok := p.(*provider.Mutable); ok {
		p = provider.Internal.Snapshot(friend.Key{}, m)
	}
	declared, targets := declaredOrder(p), map[[2]string]string{}
	for _, e := range p.Events() {
		var placed []placed
		for i, l := range e.Listeners.All() {
			reason, sorted := e.Listeners.Reason(i)
			x := placedAt(l.ID, l.Source, l.Placement, reason)
			if !sorted {
				x.Reason = "in the provider's own order"
			}
			x.Async, x.Hears, x.declared = l.Async, hears(l.Event, e.Event), -1
			if at, ok := declared[subscription{l.ID, l.Event}]; ok && sorted {
				x.declared = at
			}
			if replaced != nil {
				if was, ok := replaced(l); ok {
					placement := placementOf(was)
					x.Overridden = &placement
				}
			}
			placed = append(placed, x)
		}
		reported := Event{Event: e.Title, Source: e.Event.Source, List: e.List, Undeclared: !e.Declared}
		for _, off := range e.Off {
			l := off.Listener
			result.addOff(targets, Off{e.Title, l.ID, offBy(off.By, l.ID), l.Source}, l.Placement.Labels)
		}
		if e.Event.Key.Type() != nil {
			reported.Type = e.Event.Key.Path()
		}
		result.Events = append(result.Events, decided(reported, placed, e.Sequences))
	}
	result.explainAbsent(targets)
	return result
}

// decided returns the event with its listeners and what the report says about their order.
func decided(e Event, all []placed, sequences []ordering.Sequence) Event {
	e.Listeners = listeners(all, sequences)
	e.Sequences = e.entries(sequences)
	e.Notes = e.sharedPriorities()
	return e
}

// entries returns the sequences with the entries that mean listeners of the event. It
// leaves out sequences with fewer than two of them, which order nothing.
func (e Event) entries(sequences []ordering.Sequence) [][]Entry {
	if len(sequences) == 0 {
		return nil
	}
	var all [][]Entry
	present := e.index().first
	for _, q := range sequences {
		var entries []Entry
		for _, x := range q.Entries {
			if _, ok := present[x.ID]; ok {
				entries = append(entries, Entry{x.ID, x.Source})
			}
		}
		if len(entries) > 1 {
			all = append(all, entries)
		}
	}
	return all
}

// declaredOrder returns the place of each listener in declared order. A provider.Sorted has
// that, which OfProvider also makes of a provider.Mutable, and what has a method Declared.
func declaredOrder(p any) map[subscription]int {
	var all []rollcall.Listener
	switch p := p.(type) {
	case *provider.Sorted:
		if p != nil {
			all = p.All()
		}
	case interface{ Declared() []rollcall.Listener }:
		all = p.Declared()
	}
	declared := map[subscription]int{}
	for i, l := range all {
		declared[subscription{l.ID, l.Event}] = i
	}
	return declared
}

// subscription is a listener of a provider: an ID may listen to several keys.
type subscription struct {
	id  string
	key event.Key
}

// hears returns the interface or name that a listener of the event listens to. It returns
// "" if the listener listens to the event's own type or name.
func hears(key event.Key, e rollcall.Declaration) string {
	if key == e.Key || key.Name() != "" && key.Name() == e.Name {
		return ""
	}
	return key.String()
}

// Unheard returns the events of the provider that have no listeners.
func (p Provider) Unheard() []Event {
	return p.eventsThat(func(e Event) bool { return len(e.Listeners) == 0 })
}

// Undeclared returns the events of the provider that have listeners and that nobody
// declares.
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
