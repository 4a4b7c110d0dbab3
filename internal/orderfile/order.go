package orderfile

import (
	"slices"

	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/suggest"
	"github.com/rollcall-go/rollcall/ordering"
)

// ProviderOrder is one provider with the order of its listeners.
type ProviderOrder struct {
	ID          string
	ListenerTag string
	Events      []EventOrder // in order of first appearance
}

// EventOrder is one event or list with its listeners in order.
type EventOrder struct {
	Event     string
	List      bool
	Listeners []PlacedListener
	Off       []OffListener
	Sequences []ordering.Sequence // those that hold for the event
}

// OffListener is a listener that the file switches off.
type OffListener struct {
	Listener
	By ordering.Entry
}

// PlacedListener is a listener at its place.
type PlacedListener struct {
	Listener
	Reason   ordering.Reason
	Declared int // its index in File.Listeners; Position can't replace it, because tags may be aliased
}

// Order parses data and computes the order that it declares by itself. A file
// that declares no provider has one, DefaultProvider. The error joins an
// *Error for every problem of syntax and order.
func Order(name string, data []byte) ([]ProviderOrder, error) {
	f, problems, hidden := parse(name, data)
	orders, more := f.order()
	if hidden {
		more = onlyCycles(more)
	}
	if problems = append(problems, more...); len(problems) > 0 {
		return nil, join(problems)
	}
	return orders, nil
}

// onlyCycles returns the cycles among the problems. All other problems may be due to a
// hidden listener or provider.
func onlyCycles(problems []*Error) []*Error {
	return slices.DeleteFunc(problems, func(p *Error) bool { return p.Kind != KindCycle })
}

func (f *File) order() ([]ProviderOrder, []*Error) {
	providers := f.Providers
	if len(providers) == 0 {
		providers = []Provider{{ID: DefaultProvider, ListenerTag: DefaultListenerTag}}
	}
	stray := f.strayTags(providers)
	var orders []ProviderOrder
	var problems []*Error
	tagged := f.byTag()
	byTag := map[string][]EventOrder{} // providers may share a tag
	misnamed := f.checkRules()
	for _, provider := range providers {
		events, done := byTag[provider.ListenerTag]
		if !done {
			var more []*Error
			events, more = f.eventsOf(tagged[provider.ListenerTag])
			byTag[provider.ListenerTag] = events
			problems = append(problems, more...)
		}
		orders = append(orders, ProviderOrder{ID: provider.ID, ListenerTag: provider.ListenerTag, Events: events})
	}
	problems = append(misnamed, problems...)
	if len(stray) > 0 {
		problems = onlyCycles(problems) // a target may have a stray tag
	}
	return orders, append(stray, problems...)
}

// maxSuggestions bounds the work spent on stray tags.
const maxSuggestions = 100

// strayTags finds listeners that no provider collects.
func (f *File) strayTags(providers []Provider) []*Error {
	known := map[string]bool{providerTag: true}
	names := []string{providerTag}
	for _, p := range providers {
		if !known[p.ListenerTag] {
			names = append(names, p.ListenerTag)
		}
		known[p.ListenerTag] = true
	}
	var problems []*Error
	for _, l := range f.Listeners {
		if known[l.Tag] {
			continue
		}
		hint := ""
		if len(problems) < maxSuggestions {
			hint = suggest.DidYouMean(l.Tag, names[:min(len(names), maxSuggestions)])
		}
		if hint == "" {
			hint = ": declare a provider with listener_tag: " + l.Tag
		}
		problems = append(problems, &Error{Kind: KindUnknownKey, File: f.Name, Position: l.Position,
			Message: "no provider collects the tag " + l.Tag + " of listener " + l.ID + hint})
	}
	return problems
}

// byTag returns the indexes of the listeners of each tag, in declared order.
func (f *File) byTag() map[string][]int {
	tagged := map[string][]int{}
	for i := range f.Listeners {
		tag := f.Listeners[i].Tag
		tagged[tag] = append(tagged[tag], i)
	}
	return tagged
}

// eventsOf sorts the listeners at these indexes.
func (f *File) eventsOf(indexes []int) ([]EventOrder, []*Error) {
	listeners := make([]PlacedListener, len(indexes)) // in declared order, without reasons
	items := make([]ordering.Item, len(indexes))
	for i, index := range indexes {
		l := f.Listeners[index]
		listeners[i] = PlacedListener{Listener: l, Declared: index}
		items[i] = l.item()
	}
	orders, err := ordering.Sort(items, forgiving(f.Rules()))
	if err != nil {
		return nil, f.located(err, listeners)
	}
	var events []EventOrder
	for _, o := range orders {
		event := EventOrder{Event: o.Event, Sequences: o.Sequences}
		for _, off := range o.Off {
			l := listeners[off.Item].Listener
			event.Off, event.List = append(event.Off, OffListener{l, off.By}), l.List
		}
		for _, placed := range o.Placed {
			l := listeners[placed.Item]
			l.Reason = placed.Reason
			event.Listeners, event.List = append(event.Listeners, l), l.List
		}
		events = append(events, event)
	}
	return events, nil
}

// located returns the problems of the order, each with its place in the file. It drops
// duplicates, which Parse has already reported. If a hint has the same target twice, both
// have the same problem, and located reports it once.
func (f *File) located(err error, listeners []PlacedListener) []*Error {
	var located []*Error
	told := map[string]bool{}
	for _, e := range errlist.Leaves(err) {
		kind, at := f.locate(e, listeners)
		if kind == "" {
			continue
		}
		next := &Error{Kind: kind, File: f.Name, Position: at, Message: cut(e.Error()), Err: e}
		if text := next.Error(); !told[text] {
			told[text] = true
			located = append(located, next)
		}
	}
	return located
}

// locate returns the kind of a problem and the place of the target that causes it. For a
// cycle, that is the first target. The kind is "" if Parse has already reported the
// problem.
func (f *File) locate(problem error, listeners []PlacedListener) (Kind, Position) {
	at := func(h ordering.Hint) Position {
		if h.Sequence != nil {
			return f.entryPosition(ordering.InSequence, h.Source, h.Listener)
		}
		return listeners[h.Item].TargetPosition(h)
	}
	switch e := problem.(type) {
	case *ordering.UnknownTargetError:
		if e.Rule != "" {
			return KindUnknownTarget, f.entryPosition(e.Rule, e.Hint.Source, e.Hint.Target)
		}
		return KindUnknownTarget, at(e.Hint)
	case *ordering.NotListeningError:
		if e.Rule != "" {
			return KindNotListening, f.entryPosition(e.Rule, e.Hint.Source, e.Hint.Target)
		}
		return KindNotListening, at(e.Hint)
	case *ordering.CycleError:
		return KindCycle, at(e.Hints[0])
	}
	return "", Position{}
}
