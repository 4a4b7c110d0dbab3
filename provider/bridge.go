package provider

import (
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

// catalogOf returns a catalog of the events.
func catalogOf(events []rollcall.Declaration) interface {
	Resolve([]rollcall.Listener) (map[string]bool, error)
} {
	return rollcall.Internal.Catalog(friend.Key{}, events)
}
