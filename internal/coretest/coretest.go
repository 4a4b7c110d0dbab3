// Package coretest has helpers for the tests of package rollcall and of the providers.
package coretest

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
)

// Must returns a function that returns v, or fails the test if there is an error.
func Must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Check fails the test if got is not want.
func Check(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// FixedList is a provider with one answer.
type FixedList struct{ List *rollcall.Listeners }

// Listeners returns the answer.
func (f FixedList) Listeners(any) (*rollcall.Listeners, error) { return f.List, nil }

// Pointers returns pointers to the elements of a slice, as a Spec needs them.
func Pointers(listeners []rollcall.Listener) []*rollcall.Listener {
	var list []*rollcall.Listener
	for i := range listeners {
		list = append(list, &listeners[i])
	}
	return list
}

// ListOf returns a list of listeners, for one event.
func ListOf(listeners ...rollcall.Listener) (*rollcall.Listeners, error) {
	return rollcall.NewListeners(rollcall.Spec{Listeners: Pointers(listeners)})
}

// IDsFor returns the IDs of an event's listeners, in order, separated by spaces.
func IDsFor(t testing.TB, p rollcall.Provider, ev any) string {
	t.Helper()
	list, err := p.Listeners(ev)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, l := range list.All() {
		ids = append(ids, l.ID)
	}
	return strings.Join(ids, " ")
}

// CallAt returns a function that calls the listener at index i of a list with an event of
// type E. The function returns the listener's own error.
func CallAt[E any](l *rollcall.Listeners, i int) func(context.Context, E) error {
	spec := rollcall.Spec{Event: rollcall.Declare[E]("the name"), Listeners: Pointers([]rollcall.Listener{l.At(i)}), EveryEvent: true}
	list, err := rollcall.NewListeners(spec)
	return func(ctx context.Context, e E) error {
		if err == nil {
			err = rollcall.NewEmitter[E](rollcall.NewDispatcher(FixedList{list})).Emit(ctx, e)
		}
		if failed := (*rollcall.ListenerError)(nil); errors.As(err, &failed) {
			return failed.Err
		}
		return err
	}
}

var place = regexp.MustCompile(`[^ (]+_test\.go:[0-9]+`)

// Here replaces the places in an error's text with HERE, so that tests don't depend on
// line numbers. It returns nil for nil.
func Here(err error) error {
	if err == nil {
		return nil
	}
	return placeless{err}
}

type placeless struct{ error }

func (p placeless) Error() string { return place.ReplaceAllString(p.error.Error(), "HERE") }

func (p placeless) Unwrap() error { return p.error }
