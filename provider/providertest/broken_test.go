package providertest_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider/providertest"
)

var update = flag.Bool("update", false, "rewrite testdata/broken.txt")

func add(_ testing.TB, p rollcall.Provider, l rollcall.Listener) func() {
	return p.(interface {
		add(rollcall.Listener) func()
	}).add(l)
}

// The kit passes the provider that the broken ones are made from.
func TestSimple(t *testing.T) {
	for name, k := range map[string]providertest.Kit{"fixed": {}, "changing": {Add: add}} {
		k.Build = ignoring(made(newSimple))
		t.Run(name, func(t *testing.T) { providertest.Run(t, k) })
	}
}

func made[P rollcall.Provider](f func(...rollcall.Listener) P) func(...rollcall.Listener) rollcall.Provider {
	return func(l ...rollcall.Listener) rollcall.Provider { return f(l...) }
}

// ignoring makes a build function of one that needs no test.
func ignoring(f func(...rollcall.Listener) rollcall.Provider) build {
	return func(_ testing.TB, l ...rollcall.Listener) rollcall.Provider { return f(l...) }
}

type brokenProvider struct {
	promise, name string
	build         func(...rollcall.Listener) rollcall.Provider
	kit           providertest.Kit
}

var broken = []brokenProvider{
	{"exact type", "forgets types", forgets(func(k event.Key, ev any) bool { return hearsInterface(k, ev) || hearsName(k, ev) }), providertest.Kit{}},
	{"exact type", "takes a pointer for its value", forgets(mixesPointers), providertest.Kit{}},
	{"interfaces", "forgets interfaces", forgets(func(k event.Key, ev any) bool { return hearsType(k, ev) || hearsName(k, ev) }), providertest.Kit{}},
	{"names", "forgets names", forgets(func(k event.Key, ev any) bool { return hearsType(k, ev) || hearsInterface(k, ev) }), providertest.Kit{}},
	{"names", "remembers by type what depends on the name", remembersByType, providertest.Kit{}},
	{"order", "reverses", reorders(slices.Reverse[listeners]), providertest.Kit{}},
	{"order", "reverses, key by key", reorders(slices.Reverse[listeners]), providertest.Kit{KeyByKey: true}},
	{"order", "sorts by ID", reorders(sortByID), providertest.Kit{}},
	{"order", "sorts by key and does not say so", reorders(sortByKey), providertest.Kit{}},
	{"nobody", "fails where nobody listens", failsForNobody, providertest.Kit{}},
	{"nil", "takes nil for an event", takesNil, providertest.Kit{}},
	{"nil", "panics for nil", panicsForNil, providertest.Kit{}},
	{"nil", "has listeners for nil", listensToNil, providertest.Kit{}},
	{"same answer", "answers once", answersOnce, providertest.Kit{}},
	{"same answer", "remembers the first name", remembersByType, providertest.Kit{}},
	{"asking", "calls listeners", callsListeners, providertest.Kit{}},
	{"calling", "swallows errors", wraps(swallowsErrors), providertest.Kit{}},
	{"calling", "calls another listener", wraps(callsAnother), providertest.Kit{}},
	{"calling", "copies the event", wraps(copiesEvents), providertest.Kit{}},
	{"calling", "drops the context", wraps(dropsContext), providertest.Kit{}},
	{"in flight", "reuses lists", reusesLists, providertest.Kit{}},
	{"in flight", "looks again at each call", looksAgain, providertest.Kit{Add: add}},
	{"every event", "answers for all names with those of one", saysEveryEvent(nil), providertest.Kit{}},
	{"every event", "leaves out a name that changes the answer", saysEveryEvent(map[string]bool{"thing.moved": true}), providertest.Kit{}},
	{"every event", "turns the next event's answer around", turnsAround, providertest.Kit{}},
	{"leases", "answers for ever and changes", saysForEver, providertest.Kit{Add: add}},
	{"leases", "ends its lease before the change", endsLeaseTooEarly, providertest.Kit{Add: add}},
	{"all", "names fewer", namesFewer, providertest.Kit{}},
	{"all", "names one twice", namesTwice, providertest.Kit{}},
	{"adding", "remembers for too long", remembers, providertest.Kit{Add: add}},
	{"adding", "keeps what was removed", keepsRemoved, providertest.Kit{Add: add}},
	{"concurrent", "shares what is for one", sharesAnswer, providertest.Kit{}},
	{"concurrent adding", "changes in steps", changesInSteps, providertest.Kit{Add: add}},
}

func try(t *testing.T, b brokenProvider) (failures []string, skipped bool) {
	b.kit.Build = ignoring(b.build)
	return providertest.Try(t, b.promise, b.kit)
}

// Every broken provider is caught, and the first failure says what it did.
func TestBroken(t *testing.T) {
	var report strings.Builder
	for _, tt := range broken {
		failures, _ := try(t, tt)
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
	bare := func(l ...rollcall.Listener) rollcall.Provider { return ask(newSimple(l...).Listeners) }
	for _, promise := range []string{"leases", "all", "adding", "concurrent adding"} {
		if failures, skipped := try(t, brokenProvider{promise: promise, build: bare}); !skipped || len(failures) > 0 {
			t.Errorf("%s: skipped %t, %q", promise, skipped, failures)
		}
	}
}

// With KeyByKey, the order of the keys is the provider's own.
func TestKeyByKey(t *testing.T) {
	for _, promise := range []string{"order", "concurrent"} {
		failures, _ := try(t, brokenProvider{promise: promise, build: reorders(sortByKey), kit: providertest.Kit{KeyByKey: true}})
		if len(failures) > 0 {
			t.Error(failures[0])
		}
	}
}
