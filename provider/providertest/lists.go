package providertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/rollcall-go/rollcall/provider"
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

func answers(p provider.Provider, samples []sample) []answer {
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
		provider.New[*created]("created", func(*created) { calls.Add(1) }),
		provider.New[any]("any", func(any) { calls.Add(1) }))
	x.askAll(p)
	if n := calls.Load(); n > 0 {
		x.broken("asking for %d events made %d calls", len(samples()), n)
	}
}

// askAll asks a provider all that it can be asked.
func (x *trial) askAll(p provider.Provider) {
	answers(p, samples())
	x.askMore(p)
}

// askMore asks what is not about one event.
func (x *trial) askMore(p provider.Provider) {
	provider.All(p)
	if typed, ok := p.(provider.Typed); ok {
		for _, t := range types() {
			askType(typed, t)
		}
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

// call calls the functions of a list as a dispatcher does, and tells of the
// first that is not what it should be.
func call(list *provider.List, s sample) error {
	for _, funcs := range s.funcs(list) {
		for i, f := range funcs {
			if err := callOne(list.At(i).ID, f, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func callOne(id string, f func(context.Context) error, s sample) error {
	err := hear(f)
	var h *heard
	switch {
	case !errors.As(err, &h):
		return fmt.Errorf("the function of %s returned %v for a %v: want the listener's error", id, err, s)
	case h.by != id:
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

// hear calls a function. A panic becomes an error.
func hear(f func(context.Context) error) (err error) {
	defer recoverAs(&err)
	return f(context.WithValue(context.Background(), markKey{}, mark))
}

// hearers are those whom the functions of a list call.
func hearers(list *provider.List, s sample) []string {
	var ids []string
	for _, f := range s.funcs(list)[0] {
		var h *heard
		if errors.As(hear(f), &h) {
			ids = append(ids, h.by)
		}
	}
	return ids
}

// flight is a list that is being dispatched.
type flight struct {
	sample
	list    *provider.List
	hearers []string // whom it called first
}

// flights are lists for all samples, whose functions have been called.
func flights(p provider.Provider) []flight {
	var all []flight
	for _, s := range samples() {
		list := ask(p, s.event).list
		all = append(all, flight{s, list, hearers(list, s)})
	}
	return all
}

func checkInFlight(x *trial) {
	p := x.built(everybody()...)
	before := flights(p)
	x.askAll(p)
	x.unchanged("after other events were asked for", before)
	if x.add == nil {
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
		if now := hearers(f.list, f.sample); !slices.Equal(now, f.hearers) {
			x.broken("a list for a %v called %s, and %s, %s", f.sample, names(f.hearers), when, names(now))
		}
	}
}
