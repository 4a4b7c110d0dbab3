package provider

import (
	"errors"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/errlist"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// member is one listener of a sorter. The address of its rollcall.Listener is its
// identity.
type member struct {
	*rollcall.Listener
	band    ordering.Band
	forgive bool // hints to missing targets are ignored
}

// placement returns the placement to sort by. It has only labels for prepended and appended
// members.
func (m member) placement() ordering.Placement {
	if m.band == ordering.Prepended || m.band == ordering.Appended {
		return ordering.Placement{Labels: m.Placement.Labels}
	}
	return m.Placement
}

// sorter sorts listeners by their placements, within their bands.
type sorter struct {
	members []member // in declared order
	matcher *matcher
	set     *ordering.Set
	rules   []ordering.Rules // of the application, with events as they are written
}

// newSorter returns a sorter of the members. The error joins duplicates, bad targets and
// hints that contradict bands. The sorter is usable even then: it ignores these hints.
func newSorter(members []member, events []rollcall.Declaration, rules ...ordering.Rules) (*sorter, error) {
	keys := make([]event.Key, len(members))
	for i, m := range members {
		keys[i] = m.Event
	}
	s := &sorter{members: members, matcher: newMatcher(events, keys), rules: rules}
	byText := make(map[string]event.Key, len(s.matcher.texts))
	for key, text := range s.matcher.texts {
		byText[text] = key
	}
	items := make([]ordering.Item, len(members))
	for i, m := range members {
		items[i] = ordering.Item{ID: m.ID, Event: s.matcher.labels[m.Event], Placement: m.placement(), Band: m.band, Key: shownKey(m.Async), Forgiving: m.forgive, Source: m.Source}
	}
	set, err := ordering.NewSet(items, func(a, b string) bool {
		return s.matcher.overlap(byText[a], byText[b])
	}, s.matcher.rules(rules)...)
	s.set = set
	return s, err
}

// resolver returns a resolver of the sorted listeners, whose answers hold until the lease
// ends, or forever if it is nil.
func (s *sorter) resolver(lease *rollcall.Lease) *resolver {
	r := &resolver{matcher: s.matcher, order: s.sort, decided: s.decided}
	if lease != nil {
		r.leases = []*rollcall.Lease{lease}
	}
	return r
}

// withoutBands calls replace for each *ordering.BandError in err. It puts the result in
// place of the error, or leaves the error out if the result is nil.
func withoutBands(err error, replace func(*ordering.BandError) error) error {
	var problems []error
	for _, leaf := range errlist.Leaves(err) {
		if band := (*ordering.BandError)(nil); errors.As(leaf, &band) {
			leaf = replace(band)
		}
		problems = append(problems, leaf)
	}
	return errors.Join(problems...)
}

// place sorts the members of all the keys together. The key of is that of the dispatched
// event, or zero if there is none.
func (s *sorter) place(of event.Key, keys []event.Key) ([]ordering.Placed, error) {
	return s.set.Sort(s.textsOf(of, keys)...)
}

// textsOf returns how package ordering knows the keys, the dispatched event first.
func (s *sorter) textsOf(of event.Key, keys []event.Key) []string {
	texts := make([]string, 1, len(keys)+1)
	texts[0] = s.matcher.texts[of] // "" for an event that nobody declares or listens to
	for _, k := range keys {
		if label, heard := s.matcher.labels[k]; heard && k != of {
			texts = append(texts, label)
		}
	}
	return texts
}

// decided returns the listeners of the keys that the application has switched off, and its
// sequences for the event.
func (s *sorter) decided(of event.Key, keys []event.Key) (off []Off, sequences []ordering.Sequence) {
	texts := s.textsOf(of, keys)
	for _, x := range s.set.SwitchedOff(texts...) {
		off = append(off, Off{*s.members[x.Item].Listener, x.By})
	}
	return off, s.set.Sequences(texts...)
}

// sort returns the listeners of all the keys together, with their reasons. Prepended and
// appended members have no reason. A list with such members never runs in parallel.
func (s *sorter) sort(of event.Key, keys []event.Key) (rollcall.Spec, error) {
	texts := s.textsOf(of, keys)
	placed, err := s.set.Sort(texts...)
	if err != nil {
		return rollcall.Spec{}, err
	}
	spec := rollcall.Spec{Sorted: true, Sequences: s.set.Sequences(texts...), Listeners: make([]*rollcall.Listener, len(placed)), Reasons: make([]*ordering.Reason, len(placed))}
	for i, p := range placed {
		m := s.members[p.Item]
		spec.Listeners[i] = m.Listener
		if m.band == ordering.Prepended || m.band == ordering.Appended {
			spec.Sorted = false
			continue
		}
		spec.Reasons[i] = &placed[i].Reason
	}
	return spec, nil
}

// cycles joins the errors for cycles among the listeners of each event, and for sequences
// that contradict the bands. If the hints and sequences of all events together make none,
// no event has one.
func (s *sorter) cycles() error {
	known := s.matcher.knownKeys()
	all := []string{""} // not an event, so no rule of one event removes a listener here
	for _, k := range known {
		all = append(all, s.matcher.texts[k])
	}
	if _, err := s.set.Sort(all...); err == nil {
		return nil
	}
	var problems []error
	for _, k := range known {
		_, err := s.place(k, s.matcher.match(k.Type(), k.Name()))
		problems = append(problems, err)
	}
	return errors.Join(append(problems, s.cyclesOfUnknown())...)
}

// cyclesOfUnknown joins the errors for cycles among the listeners of events whose type or
// name is not known yet. Such an event may implement every interface that is listened to
// or declared with a name. It may also have any name of its own, in three cases: no
// declared type has the name, a declared interface has it, or the event's type has an
// EventName method.
func (s *sorter) cyclesOfUnknown() error {
	unknown := s.matcher.unknown()
	_, err := s.place(event.Key{}, unknown)
	problems := []error{err}
	types := s.matcher.namedTypes
	for _, k := range s.matcher.keys {
		if k.Type() != nil {
			continue
		}
		if s.matcher.mayNameUnknown(k.Name()) && !slices.Contains(unknown, k) {
			_, err := s.place(k, append(slices.Clone(unknown), k))
			problems = append(problems, err)
		}
		for _, t := range types {
			_, err := s.place(event.TypeKey(t), s.matcher.match(t, k.Name()))
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// shownKey returns a receiver key for reasons, or "" if it stands for all subscribers.
func shownKey(key string) string {
	if key == friend.AnyKey {
		return ""
	}
	return key
}
