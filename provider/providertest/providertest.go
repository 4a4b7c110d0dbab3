package providertest

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall"
)

// Kit describes the provider under test: how to make it, how to change it, and which
// order it keeps.
type Kit struct {
	// Build returns a new provider of exactly these listeners, possibly none. For each
	// event, the provider must return its listeners in the order of the arguments. The
	// listeners have unique IDs and no placements. Some listen to a name. Run may call Build
	// several times in one subtest. Build is required and must not return nil.
	Build func(t testing.TB, listeners ...rollcall.Listener) rollcall.Provider

	// Add adds a listener to p, at any place. It returns a function that removes the
	// listener, or nil if p can't remove listeners. Run calls Add and remove in the test's
	// goroutine, while other goroutines use p. If the provider never changes, leave Add nil:
	// Run then skips the subtests that need it.
	Add func(t testing.TB, p rollcall.Provider, l rollcall.Listener) (remove func())

	// KeyByKey relaxes the check of the order: only listeners of the same key must keep the
	// order of the arguments. A provider.Map needs this, because it orders an event's keys
	// by its own rule.
	KeyByKey bool
}

// Run checks each promise in a subtest.
func Run(t *testing.T, k Kit) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) { p.check(k.trial(t, t, p)) })
	}
}

// reporter has the methods of *testing.T that a check needs.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Skip(args ...any)
}

// trial is a check of one promise. Its methods that report or build may be called only in
// the test's goroutine.
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

// added adds a listener with Kit.Add.
func (x *trial) added(p rollcall.Provider, l rollcall.Listener) (remove func()) {
	x.t.Helper()
	return x.Add(x.t, p, l)
}

// broken reports what the provider did instead of what it promised.
func (x *trial) broken(format string, args ...any) {
	x.Helper()
	x.Errorf("promised: %s;\nbut %s", x.promise.text, fmt.Sprintf(format, args...))
}
