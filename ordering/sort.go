package ordering

import (
	"errors"

	"github.com/rollcall-go/rollcall/internal/errlist"
)

// Sort orders the items of each event. The order of items is the declared order. The
// results come in the order in which events first appear in items. A target must be
// another item of the same event, unless the target is optional. Several rules add up.
//
// If there is an error, Sort returns no orders. The error joins every problem found, in
// this order: *DuplicateError, *UnknownTargetError, *NotListeningError, *BandError,
// *CycleError. Sort costs O((V+E) log V) for V items with E hints.
func Sort(items []Item, rules ...Rules) ([]Order, error) {
	set, err := NewSet(items, nil, rules...)
	problems := []error{err}
	var orders []Order
	for _, event := range set.events {
		placed, err := set.Sort(event)
		problems = append(problems, err)
		orders = append(orders, Order{Event: event, Placed: placed, Off: set.SwitchedOff(event), Sequences: set.Sequences(event)})
	}
	if err := errors.Join(problems...); err != nil {
		return nil, errors.Join(errlist.Leaves(err)...)
	}
	return orders, nil
}
