package ordering

import (
	"errors"
)

// Sort orders the items of each event, in order of the events' first
// appearance. Items stand in declared order; a target must be another item of
// the same event.
//
// The error is nil or joins every problem found, each an [Error]: duplicates,
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
		return nil, flatten(err)
	}
	return orders, nil
}

// flatten joins the leaves of a joined error anew, so that a caller who
// unwraps once sees each problem.
func flatten(err error) error {
	var leaves []error
	var walk func(error)
	walk = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
			return
		}
		leaves = append(leaves, err)
	}
	walk(err)
	return errors.Join(leaves...)
}
