package providertest_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/provider/providertest"
)

var update = flag.Bool("update", false, "rewrite testdata/broken.txt")

var adding = providertest.Adding(func(_ testing.TB, p provider.Provider, l provider.Listener) func() {
	return p.(interface {
		add(provider.Listener) func()
	}).add(l)
})

// The kit passes the provider that the broken ones are made from.
func TestSimple(t *testing.T) {
	for name, o := range map[string]options{"fixed": nil, "changing": {adding}} {
		t.Run(name, func(t *testing.T) { providertest.Run(t, ignoring(made(newSimple)), o...) })
	}
}

func made[P provider.Provider](f func(...provider.Listener) P) func(...provider.Listener) provider.Provider {
	return func(l ...provider.Listener) provider.Provider { return f(l...) }
}

// ignoring makes a build function of one that needs no test.
func ignoring(f func(...provider.Listener) provider.Provider) build {
	return func(_ testing.TB, l ...provider.Listener) provider.Provider { return f(l...) }
}

type brokenProvider struct {
	promise, name string
	build         func(...provider.Listener) provider.Provider
	options       options
}

var broken = []brokenProvider{
	{"exact type", "forgets types", forgets(func(k event.Key, ev any) bool { return hearsInterface(k, ev) || hearsName(k, ev) }), nil},
	{"exact type", "takes a pointer for its value", forgets(mixesPointers), nil},
	{"interfaces", "forgets interfaces", forgets(func(k event.Key, ev any) bool { return hearsType(k, ev) || hearsName(k, ev) }), nil},
	{"names", "forgets names", forgets(func(k event.Key, ev any) bool { return hearsType(k, ev) || hearsInterface(k, ev) }), nil},
	{"names", "remembers by type what depends on the name", remembersByType, nil},
	{"order", "reverses", reorders(slices.Reverse[listeners]), nil},
	{"order", "reverses, key by key", reorders(slices.Reverse[listeners]), options{providertest.KeyByKey()}},
	{"order", "sorts by ID", reorders(sortByID), nil},
	{"order", "sorts by key and does not say so", reorders(sortByKey), nil},
	{"nobody", "fails where nobody listens", failsForNobody, nil},
	{"nil", "takes nil for an event", takesNil, nil},
	{"nil", "panics for nil", panicsForNil, nil},
	{"nil", "has listeners for nil", listensToNil, nil},
	{"same answer", "answers once", answersOnce, nil},
	{"same answer", "remembers the first name", remembersByType, nil},
	{"asking", "calls listeners", callsListeners, nil},
	{"calling", "swallows errors", wraps(swallowsErrors), nil},
	{"calling", "calls another listener", wraps(callsAnother), nil},
	{"calling", "copies the event", wraps(copiesEvents), nil},
	{"calling", "drops the context", wraps(dropsContext), nil},
	{"in flight", "reuses lists", reusesLists, nil},
	{"in flight", "looks again at each call", looksAgain, options{adding}},
	{"by type", "says Forever of what depends on the name", saysByType(provider.Forever), nil},
	{"by type", "says ForNow of what depends on the name", saysByType(provider.ForNow), nil},
	{"by type", "reverses by type", byType(reversedByType), nil},
	{"by type", "fails", byType(failsByType), nil},
	{"by type", "panics", byType(panicsByType), nil},
	{"by type", "answers for an interface", byType(answersForInterfaces), nil},
	{"by type", "answers for nil", byType(answersForNil), nil},
	{"forever", "says Forever and changes", saysForever, options{adding}},
	{"forever", "says Forever once", saysForeverOnce, nil},
	{"all", "names fewer", namesFewer, nil},
	{"all", "names one twice", namesTwice, nil},
	{"adding", "remembers for too long", remembers, options{adding}},
	{"adding", "keeps what was removed", keepsRemoved, options{adding}},
	{"concurrent", "shares what is for one", sharesAnswer, nil},
	{"concurrent adding", "changes in steps", changesInSteps, options{adding}},
}

// Every broken provider is caught, and the first failure says what it did.
func TestBroken(t *testing.T) {
	var report strings.Builder
	for _, tt := range broken {
		failures, _ := providertest.Try(t, tt.promise, ignoring(tt.build), tt.options...)
		if len(failures) == 0 {
			t.Errorf("%s: a provider that %s passes", tt.promise, tt.name)
			continue
		}
		fmt.Fprintf(&report, "%s: it %s\n%s\n\n", tt.promise, tt.name, failures[0])
	}
	checkGolden(t, "testdata/broken.txt", report.String())
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if that is meant, run with -update. Got:\n%s", file, got)
	}
}

// No promise is without a provider that breaks it.
func TestEveryPromiseIsBroken(t *testing.T) {
	for _, promise := range providertest.Promises() {
		if !slices.ContainsFunc(broken, func(b brokenProvider) bool { return b.promise == promise }) {
			t.Errorf("nobody breaks %q", promise)
		}
	}
}

// What a provider does not implement, or Run was not told of, is skipped.
func TestSkips(t *testing.T) {
	bare := func(l ...provider.Listener) provider.Provider { return ask(newSimple(l...).Listeners) }
	for _, promise := range []string{"by type", "forever", "all", "adding", "concurrent adding"} {
		if failures, skipped := providertest.Try(t, promise, ignoring(bare)); !skipped || len(failures) > 0 {
			t.Errorf("%s: skipped %t, %q", promise, skipped, failures)
		}
	}
}

// With KeyByKey, the order of the keys is the provider's own.
func TestKeyByKey(t *testing.T) {
	for _, promise := range []string{"order", "concurrent"} {
		failures, _ := providertest.Try(t, promise, ignoring(reorders(sortByKey)), providertest.KeyByKey())
		if len(failures) > 0 {
			t.Error(failures[0])
		}
	}
}
