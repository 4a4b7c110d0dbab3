package fxevents

import (
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/internal/orderfile"
	"github.com/rollcall-go/rollcall/provider"
)

// Internal is for package fxeventstest only, like rollcall.Internal. Its method needs a key
// that other modules can't make. It may change at any time.
var Internal bridge

type bridge struct{}

// Undecided returns the listeners of each event, and the members of each list, between which
// only declared order decides. It takes those for which differ returns true, and leaves out
// ties that order files accept.
func (bridge) Undecided(_ friend.Key, a *Assembly, differ func(a, b rollcall.Listener) bool) []provider.Tie {
	a.mu.Lock()
	defer a.mu.Unlock()
	var ties []provider.Tie
	add := func(of *provider.Sorted) {
		for _, tie := range provider.Internal.Ties(friend.Key{}, of, differ) {
			if !a.accepted[tie.Event] {
				ties = append(ties, tie)
			}
		}
	}
	for _, p := range a.providers {
		add(p.Sorted)
	}
	add(a.sortedLists())
	return ties
}

func (a *Assembly) acceptsTies() bool {
	return slices.ContainsFunc(a.contents(), func(f *orderfile.File) bool { return len(f.Ties) > 0 })
}

// accept notes the events whose ties the order files accept.
func (a *Assembly) accept(d *decisions) {
	a.accepted = map[string]bool{}
	for _, f := range a.contents() {
		for _, t := range f.Ties {
			events, err := d.eventsOf(rule{event: t.Event, file: f.Name, position: t.Position})
			if err != nil {
				d.problems = append(d.problems, err)
				continue
			}
			if events == nil { // every event
				_, events = d.matches("")
			}
			for _, e := range events {
				a.accepted[e] = true
			}
		}
	}
}
