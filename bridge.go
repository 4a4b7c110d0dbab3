package rollcall

import "github.com/rollcall-go/rollcall/internal/friend"

// Internal is the bridge to the packages of this module that need more of a listener
// or a dispatcher than its users do. Its methods ask for a key that other modules
// can't make. They may change at any time.
var Internal bridge

type bridge struct{}

// PlaceListener sets a listener's place in declared order, counted from 1. The container
// shuffles the listeners that it collects, and package fxevents sorts them again by these
// places.
func (bridge) PlaceListener(_ friend.Key, l *Listener, place int) { l.declared = place }

// PlaceOf returns a listener's place in declared order, or 0 if it is not known.
func (bridge) PlaceOf(_ friend.Key, l *Listener) int { return l.declared }

// OnSpent resets a listener made by Once, and makes it call spent before its only call.
// It does not change other listeners.
func (bridge) OnSpent(_ friend.Key, l *Listener, spent func()) {
	if l.once != nil {
		l.once = &once{spent: spent}
	}
}

// WithOrigin makes a dispatcher pass d, instead of itself, to listeners that take an
// Origin. The dispatcher of a receiver uses it.
func (bridge) WithOrigin(_ friend.Key, d Dispatcher) Option {
	return func(p *policy) { p.origin = d }
}

// Catalog returns a catalog of the declared events. It does not copy the slice.
func (bridge) Catalog(_ friend.Key, events []Declaration) *catalog { return newCatalog(events) }

// Unpublished returns the error for an asynchronous listener in a provider that does not
// publish events.
func (bridge) Unpublished(_ friend.Key, l *Listener) error { return unpublished(l) }

// All returns the listeners of p, or nil if p has no method All.
func (bridge) All(_ friend.Key, p Provider) []Listener {
	if l, ok := p.(interface{ All() []Listener }); ok {
		return l.All()
	}
	return nil
}
