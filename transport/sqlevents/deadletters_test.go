package sqlevents_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// A program without a relay sees what is stuck, and what it replays is published by a
// relay of the application.
func TestDeadLettersWithoutARelay(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		dead := x.deadLetters(t)
		if list, err := dead.Receivers(t.Context()); len(list) != 0 || err != nil {
			t.Errorf("got %v, %v", list, err)
		}
		only := keyed("2", "placed", "a")
		only.Key = "mail"
		o := x.outbox(t, &transport.Local{})
		publish(t, o, message("1", "placed"), only, message("3", "Paid"))
		flush(t, o)
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		list, err := dead.Receivers(t.Context())
		if want := []transport.Subscription{{Event: "Paid"}, {Event: "placed"}, {Event: "placed", Key: "mail"}}; err != nil || !slices.EqualFunc(list, want, same) {
			t.Errorf("got %v, %v", list, err)
		}
		if b, err := dead.Backlog(t.Context(), "placed", "mail"); b != (transport.Backlog{Dead: 1}) || err != nil {
			t.Errorf("got %+v, %v", b, err)
		}
		disposed(t, dead, "placed", "mail", transport.Replay)
		disposed(t, dead, "Paid", "", transport.Discard)
		if b, err := dead.Backlog(t.Context(), "placed", "mail"); b.Waiting != 1 || b.Dead != 0 || err != nil {
			t.Errorf("got %+v, %v", b, err)
		}
		inner := newRecorder()
		x.outbox(t, inner)
		inner.await(t, 1)
		if got := inner.ids(); !slices.Equal(got, []string{"2"}) {
			t.Errorf("published are %q", got)
		}
		if list, err := dead.Receivers(t.Context()); err != nil || !slices.ContainsFunc(list, func(s transport.Subscription) bool { return same(s, transport.Subscription{Event: "placed"}) }) {
			t.Errorf("got %v, %v", list, err)
		}
	})
}

func same(a, b transport.Subscription) bool { return a.Event == b.Event && a.Key == b.Key }

func (x space) deadLetters(t *testing.T) *sqlevents.DeadLetters {
	t.Helper()
	l, err := sqlevents.OpenDeadLetters(t.Context(), x.db, x.dialect, sqlevents.Prefix(x.prefix))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// disposed disposes of the only dead letter of a receiver.
func disposed(t *testing.T, l *sqlevents.DeadLetters, event, key string, d transport.Disposal) {
	t.Helper()
	for _, want := range []int{1, 0} {
		if n, err := l.EachDeadLetter(t.Context(), event, key, func(transport.DeadLetter) transport.Disposal { return d }); n != want || err != nil {
			t.Errorf("%d dead letters of %s/%s, want %d: %v", n, event, key, want, err)
		}
	}
}

func TestOpenDeadLettersWithoutTables(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		var missing *sqlevents.SchemaError
		if _, err := sqlevents.OpenDeadLetters(t.Context(), x.db, x.dialect, sqlevents.Prefix("no"+x.prefix)); !errors.As(err, &missing) {
			t.Errorf("got %v", err)
		}
		if _, err := sqlevents.OpenDeadLetters(t.Context(), x.db, x.dialect, sqlevents.Prefix("a b")); err == nil {
			t.Error("any prefix will do")
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := sqlevents.OpenDeadLetters(ended, x.db, x.dialect, sqlevents.Prefix(x.prefix)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
