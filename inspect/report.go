package inspect

import (
	"cmp"
	"slices"

	"github.com/rollcall-go/rollcall/orderfile"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// Report is the order of every event of one or several providers.
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
	Event     string     `json:"event"`
	Listeners []Listener `json:"listeners"`
}

// Listener is a listener at its place.
type Listener struct {
	ID     string `json:"id"`
	Reason string `json:"reason"` // why it stands there, in a short sentence

	// Hints are the listener's own, those to absent targets left out.
	Hints []ordering.Hint `json:"-"`
}

// OfFile reports the order that an order file declares by itself.
func OfFile(orders []orderfile.ProviderOrder) Report {
	r := Report{Providers: []Provider{}}
	for _, o := range orders {
		p := Provider{ID: o.ID, ListenerTag: o.ListenerTag, Events: []Event{}}
		for _, e := range o.Events {
			event := Event{Event: e.Event}
			for _, l := range e.Listeners {
				event.Listeners = append(event.Listeners, newListener(l.ID, l.Placement, l.Reason.String()))
			}
			p.Events = append(p.Events, event.withPresentHints())
		}
		r.Providers = append(r.Providers, p)
	}
	return r
}

// OfProvider reports the order of a built provider, under an ID and the tag or
// group that its listeners were collected by.
func OfProvider(id, listenerTag string, p *provider.Ordered) Provider {
	result := Provider{ID: id, ListenerTag: listenerTag, Events: []Event{}}
	for _, e := range p.Events() {
		event := Event{Event: e.Event.String(), Listeners: []Listener{}}
		for i, l := range e.List.All() {
			reason, _ := e.List.Reason(i)
			event.Listeners = append(event.Listeners, newListener(l.ID, l.Placement, reason.String()))
		}
		result.Events = append(result.Events, event.withPresentHints())
	}
	return result
}

func newListener(id string, p ordering.Placement, reason string) Listener {
	l := Listener{ID: id, Reason: reason}
	for _, t := range p.Before {
		l.Hints = append(l.Hints, ordering.Hint{Listener: id, Side: ordering.Before, Target: t.ID, Source: p.Source})
	}
	for _, t := range p.After {
		l.Hints = append(l.Hints, ordering.Hint{Listener: id, Side: ordering.After, Target: t.ID, Source: p.Source})
	}
	return l
}

func (e Event) withPresentHints() Event {
	present := e.index()
	for i := range e.Listeners {
		var hints []ordering.Hint
		for _, h := range e.Listeners[i].Hints {
			if _, ok := present[h.Target]; ok {
				hints = append(hints, h)
			}
		}
		e.Listeners[i].Hints = hints
	}
	return e
}

// index finds listeners by ID.
func (e Event) index() map[string]int {
	index := map[string]int{}
	for i, l := range e.Listeners {
		index[l.ID] = i
	}
	return index
}

// arrow is a hint as a line of a picture, from the listener that runs first.
type arrow struct{ from, to int }

func (a arrow) top() int    { return min(a.from, a.to) }
func (a arrow) bottom() int { return max(a.from, a.to) }

// arrows come by their upper ends, short ones first.
func (e Event) arrows() []arrow {
	index := e.index()
	var arrows []arrow
	for i, l := range e.Listeners {
		for _, h := range l.Hints {
			if h.Side == ordering.Before {
				arrows = append(arrows, arrow{i, index[h.Target]})
			} else {
				arrows = append(arrows, arrow{index[h.Target], i})
			}
		}
	}
	slices.SortStableFunc(arrows, func(a, b arrow) int {
		return cmp.Or(cmp.Compare(a.top(), b.top()), cmp.Compare(a.bottom(), b.bottom()))
	})
	return slices.Compact(arrows)
}
