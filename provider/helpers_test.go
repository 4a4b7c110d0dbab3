package provider_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

type (
	created struct{ log []string }
	deleted struct{ log []string }
	moved   struct{ name string }
	change  interface{ note(string) }
)

func (c *created) note(s string) { c.log = append(c.log, s) }
func (d *deleted) note(s string) { d.log = append(d.log, s) }

func (m *moved) EventName() string { return m.name }

// on is a listener of *created that leaves its ID behind.
func on(id string, placement ...string) provider.Listener {
	return provider.New[*created](id, func(c *created) { c.note(id) }, asTags(placement)...)
}

// onChange is a listener of the interface.
func onChange(id string, placement ...string) provider.Listener {
	return provider.New[change](id, func(c change) { c.note(id) }, asTags(placement)...)
}

// called dispatches by hand and tells who was called.
func called(t testing.TB, p provider.Provider) string {
	t.Helper()
	e := &created{}
	call(t, p, e)
	return strings.Join(e.log, " ")
}

func call(t testing.TB, p provider.Provider, ev any) {
	t.Helper()
	list, err := p.Listeners(ev)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range provider.Funcs[any](list) {
		if err := f(context.Background(), ev); err != nil {
			t.Fatal(err)
		}
	}
}

func idsFor(t testing.TB, p provider.Provider, ev any) string {
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

func check(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// checkError checks type and text of an error.
func checkError[E error](t testing.TB, err error, want string) {
	t.Helper()
	var problem E
	if !errors.As(err, &problem) {
		t.Errorf("got %v, a %T; want a %T", err, err, problem)
		return
	}
	if err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// here drops the places from a message, so that tests need not know lines.
func here(err error) error {
	if err == nil {
		return nil
	}
	return placeless{err}
}

type placeless struct{ error }

func (p placeless) Error() string {
	text := p.error.Error()
	for {
		at := strings.Index(text, "provider/")
		if at < 0 {
			return text
		}
		end := at + strings.IndexAny(text[at:], " ),")
		text = text[:at] + "HERE" + text[end:]
	}
}

func (p placeless) Unwrap() error { return p.error }

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var createdKey, changeKey = event.KeyOf[*created](), event.KeyOf[change]()
