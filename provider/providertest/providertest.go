package providertest

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall/provider"
)

// Run checks each promise in a subtest. It calls build several times in each;
// build makes a provider of these listeners and no others, which gives them for
// each event in the order of the arguments. They have no placements, so that
// for a provider which sorts by placements this is declared order. Their IDs
// are unique; some listen to a name.
func Run(t *testing.T, build func(t testing.TB, listeners ...provider.Listener) provider.Provider, options ...Option) {
	t.Helper()
	k := newKit(build, options)
	for _, p := range promises {
		t.Run(p.name, func(t *testing.T) { p.check(k.trial(t, t, p)) })
	}
}

// Option tells Run of a provider what it can't see.
type Option interface{ apply(*kit) }

type optionFunc func(*kit)

func (f optionFunc) apply(k *kit) { f(k) }

// KeyByKey says that the provider keeps the order among the listeners of one
// key, and puts those of an event's several keys together in an order of its
// own, as [provider.Map] does.
func KeyByKey() Option { return optionFunc(func(k *kit) { k.keyByKey = true }) }

// Adding says that the provider may change, as [provider.Mutable] does. The
// function adds a listener at any place and returns what removes it, or nil
// where it can't be removed. The kit calls both in the goroutine of the test,
// while others ask the provider.
func Adding(add func(t testing.TB, p provider.Provider, l provider.Listener) (remove func())) Option {
	return optionFunc(func(k *kit) { k.add = add })
}

// kit is what Run is told.
type kit struct {
	build    func(t testing.TB, listeners ...provider.Listener) provider.Provider
	add      func(t testing.TB, p provider.Provider, l provider.Listener) (remove func())
	keyByKey bool
}

func newKit(build func(t testing.TB, listeners ...provider.Listener) provider.Provider, options []Option) *kit {
	k := &kit{build: build}
	for _, o := range options {
		o.apply(k)
	}
	return k
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
	*kit
	t       testing.TB // for build and add
	promise promise
}

func (k *kit) trial(t testing.TB, r reporter, p promise) *trial {
	return &trial{reporter: r, kit: k, t: t, promise: p}
}

// built is a provider of the listeners.
func (x *trial) built(listeners ...provider.Listener) provider.Provider {
	x.t.Helper()
	p := x.build(x.t, listeners...)
	if p == nil {
		x.t.Fatal("build gave no provider")
	}
	return p
}

// added adds a listener and tells how to remove it.
func (x *trial) added(p provider.Provider, l provider.Listener) (remove func()) {
	x.t.Helper()
	return x.add(x.t, p, l)
}

// broken reports what the provider did instead of what it promised.
func (x *trial) broken(format string, args ...any) {
	x.Helper()
	x.Errorf("promised: %s;\nbut %s", x.promise.text, fmt.Sprintf(format, args...))
}
