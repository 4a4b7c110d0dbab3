package provider

import (
	"errors"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// Filter provides those listeners of another provider that a predicate admits, for
// example for access control. Make one with [NewFilter].
//
// Asynchronous listeners can't be filtered one by one. An event is published if the
// predicate admits at least one of them. The receivers then call all of them.
type Filter struct {
	provider rollcall.Provider
	admits   func(ev any, l rollcall.Listener) bool
}

// NewFilter returns a Filter of p. The Filter calls admits for each listener of each
// event, possibly concurrently. If p or admits is nil, Listeners returns an error.
func NewFilter(p rollcall.Provider, admits func(ev any, l rollcall.Listener) bool) *Filter {
	return &Filter{provider: p, admits: admits}
}

// Listeners returns the listeners of ev that the predicate admits. The answer holds for
// this event only, so every dispatch asks the provider again and allocates a list. The
// error is that of the provider, or says that the provider or the predicate is nil.
func (f *Filter) Listeners(ev any) (*rollcall.Listeners, error) {
	if f.provider == nil || f.admits == nil {
		return nil, errors.New("a filter needs a provider and a predicate")
	}
	all, err := f.provider.Listeners(ev)
	if err != nil {
		return nil, err
	}
	spec := all.Spec()
	spec.EveryEvent, spec.Leases = false, nil
	spec.Listeners, spec.Reasons = f.admitted(ev, spec)
	return rollcall.NewListeners(spec)
}

// admitted returns the listeners that the predicate admits, with their reasons. A reason
// does not name a listener that is left out as if it ran.
func (f *Filter) admitted(ev any, s rollcall.Spec) ([]*rollcall.Listener, []*ordering.Reason) {
	all, n := make([]*rollcall.Listener, len(s.Listeners)), 0 // the admitted ones, and from the end the others
	gone := len(all)
	reasons := make([]*ordering.Reason, 0, len(s.Reasons))
	for i, l := range s.Listeners {
		if !f.admits(ev, *l) {
			gone--
			all[gone] = l
			continue
		}
		all[n], n = l, n+1
		if s.Reasons != nil {
			reasons = append(reasons, s.Reasons[i])
		}
	}
	for i, r := range reasons {
		reasons[i] = reasonWithout(all[gone:], r)
	}
	return all[:n], reasons
}

// reasonWithout returns a reason for a list without some listeners. It is r itself if r
// names none of them.
func reasonWithout(gone []*rollcall.Listener, r *ordering.Reason) *ordering.Reason {
	if r == nil {
		return nil
	}
	isGone := func(id string) bool {
		return slices.ContainsFunc(gone, func(l *rollcall.Listener) bool { return l.ID == id })
	}
	apart, untied := r.Beside != nil && isGone(r.Beside.Target), r.Tie != "" && isGone(r.Tie)
	if !apart && !untied {
		return r
	}
	changed := *r
	changed.Apart = changed.Apart || apart
	if untied {
		changed.Tie = ""
	}
	return &changed
}

// All returns all listeners of the provider, admitted or not. It returns nil if the
// provider has no method All.
func (f *Filter) All() []rollcall.Listener { return rollcall.Internal.All(friend.Key{}, f.provider) }
