package fxeventstest

import (
	"strings"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/internal/callsite"
	"github.com/rollcall-go/rollcall/internal/friend"
)

// Decided builds an application from the options, which must include fxevents.Module. It
// fails for each event of which only the order of the options decides between listeners of
// different packages: if the two exchange their places in declared order, they exchange
// them in the result. It prints the groups of such listeners. The package of a listener is
// that of its ID, or that of the place where it is registered if its ID has none.
//
// A tie that is meant is accepted by the order file:
//
//	ties: { recipe.created: declared }
//
// Like [Order], it runs constructors and invokes, and does not start the application. The
// time grows with the cube of the listeners of one event if most are decided.
func Decided(t testing.TB, options ...fx.Option) {
	t.Helper()
	with(t, options, func(assembly *fxevents.Assembly) {
		t.Helper()
		for _, tie := range fxevents.Internal.Undecided(friend.Key{}, assembly, ofDifferentPackages) {
			var members strings.Builder
			for _, l := range tie.Listeners {
				members.WriteString("\n    " + callsite.Named(l.ID, l.Source))
			}
			t.Errorf("%s: only declared order decides between%s\n"+
				"  give one of them a priority, a before or an after, list them in a sequence,\n"+
				"  or accept that in the order file: ties: { %s: declared }", tie.Event, &members, tie.Event)
		}
	})
}

func ofDifferentPackages(a, b rollcall.Listener) bool { return packageOf(a) != packageOf(b) }

func packageOf(l rollcall.Listener) string {
	if pkg, _, found := strings.Cut(l.ID[strings.LastIndexByte(l.ID, '/')+1:], "."); found {
		return pkg
	}
	if folder, _, found := strings.Cut(l.Source, "/"); found {
		return folder
	}
	return l.ID
}
