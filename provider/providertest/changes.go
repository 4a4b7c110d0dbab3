package providertest

import (
	"slices"
	"strings"

	"github.com/rollcall-go/rollcall"
)

// changes reports whether listeners can be added to the provider. If not, it skips the
// check.
func (x *trial) changes() bool {
	if x.Add == nil {
		x.Skip("it never changes, or Run was not told how to add")
	}
	return x.Add != nil
}

func checkAdding(x *trial) {
	if !x.changes() {
		return
	}
	given, added := everybody(), on[change]("added")
	p := x.built(given...)
	x.askAll(p) // reveals an answer that is remembered for too long
	remove := x.added(p, added)
	x.hasAdded("was added", p, given, &added)
	if remove != nil {
		remove()
		x.hasAdded("was added and removed", p, given, nil)
	}
}

// hasAdded checks that answers have the given listeners and the added one, which may be
// nil.
func (x *trial) hasAdded(what string, p rollcall.Provider, given []rollcall.Listener, added *rollcall.Listener) {
	x.Helper()
	for _, s := range samples() {
		want := audience(given, s.event)
		if added != nil {
			want = append(want, audience([]rollcall.Listener{*added}, s.event)...)
		}
		if got := ask(p, s.event); !got.hasOf(want) || !x.isOtherwise(got, given, s) {
			x.broken("when %q %s, Listeners gave %v for a %v: want %s", "added", what, got, s, names(want))
		}
	}
}

// isOtherwise reports whether an answer is right, ignoring added listeners.
func (x *trial) isOtherwise(a answer, given []rollcall.Listener, s sample) bool {
	ids := slices.DeleteFunc(a.ids(), func(id string) bool { return strings.HasPrefix(id, "added") })
	return a.err == nil && slices.Equal(x.arranged(ids, given), x.arranged(audience(given, s.event), given))
}
