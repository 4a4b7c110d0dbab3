package providertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/errlist"
)

// checkSameAnswer asks one provider for the samples from the first to the last,
// and another from the last to the first.
func checkSameAnswer(x *trial) {
	p, q := x.built(everybody()...), x.built(everybody()...)
	first := answers(p, samples())
	x.same("asked again", first, answers(p, samples()))
	backward := samples()
	slices.Reverse(backward)
	last := answers(q, backward)
	slices.Reverse(last)
	x.same("asked in another order", first, last)
}

func answers(p rollcall.Provider, samples []sample) []answer {
	var all []answer
	for _, s := range samples {
		all = append(all, ask(p, s.event))
	}
	return all
}

func (x *trial) same(when string, first, second []answer) {
	x.Helper()
	for i, s := range samples() {
		if a, b := first[i].String(), second[i].String(); a != b {
			x.broken("Listeners gave %s for a %v, and %s, %s", a, s, when, b)
		}
	}
}

func checkAsking(x *trial) {
	var calls atomic.Int32
	p := x.built(
		rollcall.NewListener[*created]("created", func(*created) { calls.Add(1) }),
		rollcall.NewListener[any]("any", func(any) { calls.Add(1) }))
	x.askAll(p)
	if n := calls.Load(); n > 0 {
		x.broken("asking for %d events made %d calls", len(samples()), n)
	}
}

// askAll asks the provider for the listeners of all samples, and for all listeners.
func (x *trial) askAll(p rollcall.Provider) {
	answers(p, samples())
	x.askMore(p)
}

// askMore asks the provider for all listeners, if it has a method All.
func (x *trial) askMore(p rollcall.Provider) {
	if l, ok := p.(interface{ All() []rollcall.Listener }); ok {
		l.All()
	}
}

func checkCalling(x *trial) {
	p := x.built(everybody()...)
	for _, s := range samples() {
		if err := call(ask(p, s.event).list, s); err != nil {
			x.broken("%v", err)
		}
	}
}

// call dispatches a sample to the listeners of a list. It returns an error for the first
// call that is wrong.
func call(list *rollcall.Listeners, s sample) error {
	for _, way := range s.ways(fixed{list}) {
		calls := callsOf(way)
		for i := range list.Len() {
			if err := checkCall(list.At(i).ID, calls[i], s); err != nil {
				return err
			}
		}
	}
	return nil
}

// fixed is a provider with one answer.
type fixed struct{ list *rollcall.Listeners }

func (f fixed) Listeners(any) (*rollcall.Listeners, error) { return f.list, nil }

// callsOf dispatches and returns the error of each listener by its index. Every listener
// of the kit returns an error.
func callsOf(way dispatch) map[int]error {
	calls := map[int]error{}
	for i, err := range errlist.Leaves(way(context.WithValue(context.Background(), markKey{}, mark))) {
		calls[i] = err
	}
	return calls
}

func checkCall(id string, err error, s sample) error {
	var h *heard
	var failed *rollcall.ListenerError
	switch {
	case !errors.As(err, &h) || !errors.As(err, &failed):
		return fmt.Errorf("calling %s for a %v led to %v: want the listener's error", id, s, err)
	case failed.Listener != id || h.by != id:
		return fmt.Errorf("the function of %s called %s", id, h.by)
	case h.event != s.event:
		return fmt.Errorf("the function of %s passed on another event than the %v that it was called with", id, s)
	case h.mark != mark:
		return fmt.Errorf("the function of %s passed on another context than it was called with", id)
	}
	return nil
}

// mark is in the context of every call.
const mark = "mark"

// hearers returns the IDs of the listeners that a dispatch calls, in order.
func hearers(way dispatch) []string {
	var ids []string
	calls := callsOf(way)
	for i := range len(calls) {
		var h *heard
		if errors.As(calls[i], &h) {
			ids = append(ids, h.by)
		}
	}
	return ids
}

// flight is a list that is being dispatched.
type flight struct {
	sample
	way     dispatch // dispatches to the list
	hearers []string // the IDs of the listeners that the first dispatch called
}

// flights returns a flight for each sample, after a first dispatch of it.
func flights(p rollcall.Provider) []flight {
	var all []flight
	for _, s := range samples() {
		way := s.ways(fixed{ask(p, s.event).list})[0]
		all = append(all, flight{s, way, hearers(way)})
	}
	return all
}

func checkInFlight(x *trial) {
	p := x.built(everybody()...)
	before := flights(p)
	x.askAll(p)
	x.unchanged("after other events were asked for", before)
	if x.Add == nil {
		return
	}
	remove := x.added(p, on[any]("added"))
	x.unchanged("after a listener was added", before)
	if remove == nil {
		return
	}
	before = flights(p)
	remove()
	x.unchanged("after a listener was removed", before)
}

func (x *trial) unchanged(when string, before []flight) {
	x.Helper()
	for _, f := range before {
		if now := hearers(f.way); !slices.Equal(now, f.hearers) {
			x.broken("a list for a %v called %s, and %s, %s", f.sample, names(f.hearers), when, names(now))
		}
	}
}
