package ordering

import (
	"errors"

	"github.com/rollcall-go/rollcall/internal/errlist"
)

// Sort orders the items of each event, in order of the events' first
// appearance. Items stand in declared order; a target must be another item of
// the same event.
//
// The error is nil or joins every problem found: duplicates,
// unknown targets, targets that do not listen to the event, cycles, in this
// order. Sort costs O((V+E) log V) for V items with E hints.
func Sort(items []Item) ([]Order, error) {
	set, err := NewSet(items, nil)
	problems := []error{err}
	var orders []Order
	for _, event := range set.events {
		placed, err := set.Sort(event)
		problems = append(problems, err)
		orders = append(orders, Order{Event: event, Placed: placed})
	}
	if err := errors.Join(problems...); err != nil {
		return nil, errors.Join(errlist.Leaves(err)...)
	}
	return orders, nil
}
