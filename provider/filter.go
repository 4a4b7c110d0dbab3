package provider

import (
	"errors"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/friend"
	"github.com/rollcall-go/rollcall/ordering"
)

// Filter provides those listeners of another provider that a predicate admits, as for
// access control. Of asynchronous listeners the predicate decides for which an event is
// published. Each receiver then calls all listeners of its key.
type Filter struct {
	provider rollcall.Provider
	admits   func(ev any, l rollcall.Listener) bool
}

// NewFilter filters p. It calls the predicate for each listener at each event, also
// concurrently.
func NewFilter(p rollcall.Provider, admits func(ev any, l rollcall.Listener) bool) *Filter {
	return &Filter{provider: p, admits: admits}
}

// Listeners returns the listeners of ev that the predicate admits, for this event alone.
// It allocates a list. The error is that of the provider.
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

func (f *Filter) admitted(ev any, s rollcall.Spec) ([]*rollcall.Listener, []*ordering.Reason) {
	listeners, reasons := make([]*rollcall.Listener, 0, len(s.Listeners)), make([]*ordering.Reason, 0, len(s.Reasons))
	var gone []string
	for i, l := range s.Listeners {
		if !f.admits(ev, *l) {
			gone = append(gone, l.ID)
			continue
		}
		listeners = append(listeners, l)
		if s.Reasons != nil {
			reasons = append(reasons, s.Reasons[i])
		}
	}
	for i, r := range reasons {
		if r != nil && r.Beside != nil && slices.Contains(gone, r.Beside.Target) {
			moved := *r
			moved.Apart = true
			reasons[i] = &moved
		}
	}
	return listeners, reasons
}

// All returns all listeners of the provider, if it can list them. Which of them an event
// reaches, the predicate decides then.
func (f *Filter) All() []rollcall.Listener { return rollcall.Internal.All(friend.Key{}, f.provider) }
