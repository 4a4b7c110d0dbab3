package provider_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/tags"
)

type (
	created struct{ log []string }
	deleted struct{ log []string }
	moved   struct{ name string }
	change  interface{ note(string) }
)

func (c *created) met() string { return strings.Join(c.log, " ") }

func (c *created) note(s string) { c.log = append(c.log, s) }
func (d *deleted) note(s string) { d.log = append(d.log, s) }

func (m *moved) EventName() string { return m.name }

// on is a listener of *created that leaves its ID behind.
func on(id string, placement ...string) rollcall.Listener {
	return rollcall.NewListener[*created](id, func(c *created) { c.note(id) }, asTags(placement)...)
}

// onChange is a listener of the interface.
func onChange(id string, placement ...string) rollcall.Listener {
	return rollcall.NewListener[change](id, func(c change) { c.note(id) }, asTags(placement)...)
}

// called dispatches by hand and tells who was called.
func called(t testing.TB, p rollcall.Provider) string {
	t.Helper()
	e := &created{}
	call(t, p, e)
	return strings.Join(e.log, " ")
}

func call(t testing.TB, p rollcall.Provider, ev any) {
	t.Helper()
	if err := rollcall.NewDispatcher(p).Dispatch(context.Background(), ev); err != nil {
		t.Fatal(err)
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

var createdKey, changeKey = event.KeyOf[*created](), event.KeyOf[change]()

func asTags(texts []string) []tags.Tag {
	var list []tags.Tag
	for _, text := range texts {
		list = append(list, tags.Tag(text))
	}
	return list
}

// handler is a value with a Handle method.
type handler struct{}

func (handler) Handle(c *created) { c.note("called") }

func find(l *rollcall.Listeners, id string) (rollcall.Listener, bool) {
	for _, x := range l.All() {
		if x.ID == id {
			return x, true
		}
	}
	return rollcall.Listener{}, false
}
