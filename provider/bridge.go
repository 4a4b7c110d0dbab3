package provider

import (
	"cmp"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// Internal is for package fxevents only, like rollcall.Internal. Its method needs a key
// that other modules can't make. It may change at any time.
var Internal bridge

type bridge struct{}

// Build is like the function Build, for listeners whose events are already resolved. The
// map lost has the IDs of listeners whose event could not be resolved. Build keeps the
// slices.
func (bridge) Build(_ friend.Key, listeners []rollcall.Listener, events []rollcall.Declaration, lost map[string]bool, rules ...ordering.Rules) (*Sorted, error) {
	return build(listeners, events, lost, rules...)
}

// Tie is a group of listeners of one event between which only declared order decides.
type Tie struct {
	Event     string // its name, or the path of its type
	Listeners []rollcall.Listener
}

// Ties returns the ties of each event among listeners for which differ returns true.
func (bridge) Ties(_ friend.Key, s *Sorted, differ func(a, b rollcall.Listener) bool) []Tie {
	var ties []Tie
	members := s.sorter.members
	for _, e := range s.orders {
		texts := s.sorter.textsOf(e.Event.Key, s.matcher.match(e.Event.Key.Type(), e.Event.Key.Name()))
		groups := s.sorter.set.Undecided(func(a, b int) bool { return differ(*members[a].Listener, *members[b].Listener) }, texts...)
		for _, group := range groups {
			tie := Tie{Event: cmp.Or(e.Event.Name, e.Event.Key.Path())}
			for _, i := range group {
				tie.Listeners = append(tie.Listeners, *members[i].Listener)
			}
			ties = append(ties, tie)
		}
	}
	return ties
}

// catalogOf returns a catalog of the events.
func catalogOf(events []rollcall.Declaration) interface {
	Resolve([]rollcall.Listener) (map[string]bool, error)
} {
	return rollcall.Internal.Catalog(friend.Key{}, events)
}
