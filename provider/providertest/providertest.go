package providertest

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall"
)

// Kit says how to make the provider that is checked, and what can't be seen of it from
// outside.
type Kit struct {
	// Build makes a provider of these listeners and no others, which returns them for
	// each event in the order of the arguments. They have no placements, so for a
	// provider that sorts by placements this is declared order. Their IDs are unique.
	// Some listen to a name. Run calls Build several times in each subtest.
	Build func(t testing.TB, listeners ...rollcall.Listener) rollcall.Provider

	// Add adds a listener at any place to a provider that may change, as
	// provider.Mutable does, and returns what removes it, or nil if it can't be removed.
	// Run calls both in the goroutine of the test, while others ask the provider. Nil
	// means that the provider never changes.
	Add func(t testing.TB, p rollcall.Provider, l rollcall.Listener) (remove func())

	// KeyByKey says that the provider keeps the order among the listeners of one key,
	// and puts those of an event's several keys together in an order of its own, as
	// provider.Map does.
	KeyByKey bool
}

// Run checks each promise in a subtest.
func Run(t *testing.T, k Kit) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) { p.check(k.trial(t, t, p)) })
	}
}

// reporter is what a check needs of a *testing.T.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Skip(args ...any)
}

// trial is a check of one promise. What reports or builds may be used by the
// goroutine of the test only.
type trial struct {
	reporter
	Kit
	t       testing.TB // for Build and Add
	promise promise
}

func (k Kit) trial(t testing.TB, r reporter, p promise) *trial {
	return &trial{reporter: r, Kit: k, t: t, promise: p}
}

// built returns a provider of the listeners.
func (x *trial) built(listeners ...rollcall.Listener) rollcall.Provider {
	x.t.Helper()
	p := x.Build(x.t, listeners...)
	if p == nil {
		x.t.Fatal("build gave no provider")
	}
	return p
}

// added adds a listener and returns what removes it, as Kit.Add does.
func (x *trial) added(p rollcall.Provider, l rollcall.Listener) (remove func()) {
	x.t.Helper()
	return x.Add(x.t, p, l)
}

// broken reports what the provider did instead of what it promised.
func (x *trial) broken(format string, args ...any) {
	x.Helper()
	x.Errorf("promised: %s;\nbut %s", x.promise.text, fmt.Sprintf(format, args...))
}
