package providertest

import (
	"reflect"
	"slices"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
)

// checkEveryEvent compares each answer that sets EveryEvent with the answers for other
// events of its type.
func checkEveryEvent(x *trial) {
	p := x.built(everybody()...)
	for _, s := range samples() {
		got := ask(p, s.event)
		if !got.list.Spec().EveryEvent {
			continue
		}
		for _, other := range samples() {
			if now := ask(p, other.event); covers(got.list.Spec(), s.event, other.event) && now.String() != got.String() {
				x.broken("Listeners gave %v for a %v, as for every event of the type, and %v for a %v", got, s, now, other)
				return
			}
		}
	}
}

// covers reports whether an answer for one event must also be the answer for the other.
func covers(s rollcall.Spec, asked, other any) bool {
	if reflect.TypeOf(asked) != s.Event.Key.Type() || reflect.TypeOf(asked) != reflect.TypeOf(other) {
		return false
	}
	named, ok := asked.(event.Named)
	if !ok {
		return true
	}
	a, b := named.EventName(), other.(event.Named).EventName()
	return a == b || !s.Names[a] && !s.Names[b]
}

// checkLeases checks that dispatchers and emitters forget an answer when it no longer
// holds.
func checkLeases(x *trial) {
	if !x.changes() {
		return
	}
	p := x.built(everybody()...)
	ways := map[string][]dispatch{}
	for _, s := range samples() {
		ways[s.String()] = s.ways(p)
		x.dispatched("before a listener was added", p, s, ways)
	}
	remove := x.added(p, on[any]("added"))
	for _, s := range samples() {
		x.dispatched("after a listener was added", p, s, ways)
	}
	if remove == nil {
		return
	}
	remove()
	for _, s := range samples() {
		x.dispatched("after it was removed", p, s, ways)
	}
}

// dispatched dispatches twice in each way, because only the second dispatch may use a
// remembered answer.
func (x *trial) dispatched(when string, p rollcall.Provider, s sample, ways map[string][]dispatch) {
	x.Helper()
	want := ask(p, s.event).ids()
	for _, way := range slices.Concat(ways[s.String()], ways[s.String()]) {
		if got := hearers(way); !slices.Equal(got, want) {
			x.broken("%s, a dispatch of a %v called %s: want %s", when, s, names(got), names(want))
			return
		}
	}
}

// checkAll allows All to return listeners that no event reaches now: a filter can't know
// what its predicate will return.
func checkAll(x *trial) {
	given := everybody()
	lister, ok := x.built(given...).(interface{ All() []rollcall.Listener })
	if !ok {
		x.Skip("it has no method All")
		return
	}
	times := map[string]int{}
	for _, l := range lister.All() {
		times[l.ID]++
	}
	for _, l := range given {
		if n := times[l.ID]; n != 1 {
			x.broken("All listed %s %d times", l.ID, n)
		}
	}
}
