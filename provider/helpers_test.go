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

// listOf makes a list of listeners, for one event.
func listOf(listeners ...rollcall.Listener) (*rollcall.Listeners, error) {
	return rollcall.NewListeners(rollcall.Spec{Listeners: pointers(listeners)})
}

func pointers(listeners []rollcall.Listener) []*rollcall.Listener {
	var list []*rollcall.Listener
	for i := range listeners {
		list = append(list, &listeners[i])
	}
	return list
}

// callAt calls the listener at an index of a list with an event whose type is known
// statically, and returns the listener's own error.
func callAt[E any](l *rollcall.Listeners, i int) func(context.Context, E) error {
	spec := rollcall.Spec{Event: rollcall.Declare[E]("the name"), Listeners: pointers([]rollcall.Listener{l.At(i)}), EveryEvent: true}
	list, err := rollcall.NewListeners(spec)
	return func(ctx context.Context, e E) error {
		if err == nil {
			err = rollcall.NewEmitter[E](rollcall.NewDispatcher(fixedList{list})).Emit(ctx, e)
		}
		if failed := (*rollcall.ListenerError)(nil); errors.As(err, &failed) {
			return failed.Err
		}
		return err
	}
}

func idsFor(t testing.TB, p rollcall.Provider, ev any) string {
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

type fixedList struct{ list *rollcall.Listeners }

func (f fixedList) Listeners(any) (*rollcall.Listeners, error) { return f.list, nil }

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
