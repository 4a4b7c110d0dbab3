package provider_test

import (
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
)

// reasonsFor tells why each listener stands where it stands.
func reasonsFor(t *testing.T, p rollcall.Provider) string {
	t.Helper()
	var reasons []string
	list := coretest.Must[*rollcall.Listeners](t)(p.Listeners(theEvent))
	for i, l := range list.All() {
		text := "none"
		if reason, ok := list.Reason(i); ok {
			text = reason.String()
		}
		reasons = append(reasons, l.ID+": "+text)
	}
	return strings.Join(reasons, "; ")
}

// Who was sorted keeps its reason beside those who were not.
func TestReasonsBesideOthersWithout(t *testing.T) {
	sorted := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{on("a"), on("b", `after:"a"`)}, nil))
	mutable := &provider.Mutable{}
	coretest.Must[func()](t)(mutable.Add(on("m", `priority:"first"`)))
	coretest.Must[func()](t)(mutable.Append(on("z")))
	coretest.Must[func()](t)(mutable.Prepend(on("p")))
	coretest.Check(t, "a mutable provider", reasonsFor(t, mutable), "p: none; m: first; z: none")
	coretest.Check(t, "a chain", reasonsFor(t, provider.NewChain(sorted, opaque{}, mutable)),
		"a: priority 0 (default); b: right after a; x: none; p: none; m: first; z: none")
	coretest.Check(t, "none at all", reasonsFor(t, provider.NewChain(opaque{}, opaque{})), "x: none; x: none")
}

// What was right beside a listener that is left out is so no more.
func TestReasonsOfAFilter(t *testing.T) {
	sorted := coretest.Must[*provider.Sorted](t)(provider.Build(listeners{
		on("a"), on("b", `after:"a"`), on("c", `after:"a"`), on("d", `after:"c"`), on("e", `before:"a"`), on("f", `after:"e"`),
	}, nil))
	for left, want := range map[string]string{
		"":    "e: right before a; f: right after e; a: priority 0 (default); b: right after a; c: right after a; d: right after c",
		"a":   "e: before a; f: right after e; b: after a; c: after a; d: right after c",
		"b":   "e: right before a; f: right after e; a: priority 0 (default); c: right after a; d: right after c",
		"b,c": "e: right before a; f: right after e; a: priority 0 (default); d: after c",
		"e":   "f: after e; a: priority 0 (default); b: right after a; c: right after a; d: right after c",
	} {
		f := provider.NewFilter(sorted, func(_ any, l rollcall.Listener) bool { return left == "" || !strings.Contains(left, l.ID) })
		coretest.Check(t, "without "+left, reasonsFor(t, f), want)
	}
}
