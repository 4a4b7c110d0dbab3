package fxevents_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// remembering is a transport.Handled that records its calls, and wraps errors.
type remembering struct {
	transport.Recent
	mu  sync.Mutex
	ids []string
}

type insideKey struct{}

func (r *remembering) Once(ctx context.Context, id string, handle func(context.Context) error) error {
	r.mu.Lock()
	r.ids = append(r.ids, id)
	r.mu.Unlock()
	err := r.Recent.Once(ctx, id, func(ctx context.Context) error { return handle(context.WithValue(ctx, insideKey{}, id)) })
	if err != nil {
		return fmt.Errorf("rolled back: %w", err)
	}
	return nil
}

func (r *remembering) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.ids))
}

// inside says in which call of Once a listener runs.
type inside struct{ *journal }

func (i *inside) OnPlaced(ctx context.Context, e *placed) error {
	id, _ := ctx.Value(insideKey{}).(string)
	return i.call(ctx, "inside "+id, e.ID)
}

// received delivers messages to the keys mail and stats, one after the other, and returns
// who was called.
func received(t *testing.T, broker transport.Transport, answer func(who string, attempt int) error, ids []string, options ...fx.Option) string {
	t.Helper()
	var calls []string
	synctest.Test(t, func(t *testing.T) {
		var j *journal
		app := quietly(append(options, fxevents.Module(unlogged), shopModule(), fxevents.Receive(), fx.Populate(&j),
			fx.Provide(func(j *journal) *inside { return &inside{j} }), fxevents.Listen((*inside).OnPlaced, `async:"mail" after:"copy"`),
			fx.Provide(func() transport.Transport { return broker }))...)
		if err := app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		j.answer = answer
		for _, id := range ids {
			m := transport.Message{ID: id, Event: "order.placed", Source: "/shop", ContentType: "application/json", Body: []byte(`{"ID":"` + id + `"}`)}
			if err := broker.Publish(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		stopped(t, app)
		close(j.calls)
		for call := range j.calls {
			calls = append(calls, call)
		}
	})
	slices.Sort(calls)
	return strings.Join(calls, ", ")
}

// All listeners of a key run in one call of Once, with its context. What is handled already
// is not handled again.
func TestInbox(t *testing.T) {
	for name, tt := range map[string]struct {
		keys []string
		want string
		ids  []string
	}{
		"all keys": {nil, "copy 1, count 1, inside mail/1//shop 1, mail 1", []string{"mail/1//shop", "mail/1//shop", "stats/1//shop", "stats/1//shop"}},
		"one key":  {[]string{"mail", "mail"}, "copy 1, count 1, count 1, inside mail/1//shop 1, mail 1", []string{"mail/1//shop", "mail/1//shop"}},
	} {
		for form, from := range map[string]func(*remembering) any{
			"a value":            func(r *remembering) any { return r },
			"a constructor":      func(r *remembering) any { return func(*journal) transport.Handled { return r } },
			"one that may fail":  func(r *remembering) any { return func(*journal, ...string) (*remembering, error) { return r, nil } },
			"without parameters": func(r *remembering) any { return func() transport.Handled { return r } },
		} {
			t.Run(name+"/"+form, func(t *testing.T) {
				r := &remembering{Recent: transport.Recent{Limit: 10}}
				got := received(t, &transport.Local{}, nil, []string{"1", "1"}, fxevents.Inbox(from(r), tt.keys...))
				check(t, "called", got, tt.want)
				if diff := cmp.Diff(tt.ids, r.all()); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// A failure is redelivered, and Dead and RefuseFor keep their meaning, though the inbox
// wraps them.
func TestInboxOfWhatFails(t *testing.T) {
	broker := &transport.Local{}
	r := &remembering{Recent: transport.Recent{Limit: 10}}
	got := received(t, broker, func(who string, attempt int) error {
		switch {
		case who == "copy" && attempt == 1:
			return transport.RefuseFor(0)
		case who == "count":
			return transport.Dead(errors.New("never"))
		}
		return nil
	}, []string{"1"}, fxevents.Inbox(r))
	check(t, "called", got, "copy 1, copy 1, count 1, inside mail/1//shop 1, mail 1, mail 1")
	n, err := broker.EachDeadLetter(t.Context(), "order.placed", "stats", func(l transport.DeadLetter) transport.Disposal {
		check(t, "reason", l.Reason, "rolled back: listener count of order.placed: never")
		return transport.Keep
	})
	if n != 1 || err != nil {
		t.Errorf("got %d dead letters, %v", n, err)
	}
}

func TestInboxProblems(t *testing.T) {
	const next = ": pass a transport.Handled, or a function that returns one, such as (*sqlevents.Transport).Inbox"
	inbox := func(h any, keys ...string) fx.Option { return fxevents.Inbox(h, keys...) }
	good := &transport.Recent{}
	for name, tt := range map[string]struct {
		option fx.Option
		want   []string
	}{
		"nothing":          {inbox(nil), []string{"fxevents.Inbox at HERE: it is nil" + next}},
		"a nil pointer":    {inbox((*transport.Recent)(nil)), []string{"fxevents.Inbox at HERE: the *transport.Recent is nil" + next}},
		"a nil function":   {inbox((func() transport.Handled)(nil)), []string{"fxevents.Inbox at HERE: the func() transport.Handled is nil" + next}},
		"a key":            {inbox("mail"), []string{"fxevents.Inbox at HERE: a string is not a transport.Handled" + next}},
		"two results":      {inbox(func() (a, b transport.Handled) { return }), []string{"fxevents.Inbox at HERE: the function must return one transport.Handled, or one and an error, but it is func() (transport.Handled, transport.Handled)"}},
		"another result":   {inbox(func() *journal { return nil }), []string{"fxevents.Inbox at HERE: it returns *fxevents_test.journal, which is not a transport.Handled: it has no method Once"}},
		"an unknown key":   {inbox(good, "mial", "mail"), []string{`fxevents.Inbox at HERE: no listener has the receiver key "mial", did you mean mail?`}},
		"two of one key":   {fx.Options(inbox(good, "mail", "stats"), inbox(good, "stats")), []string{"fxevents.Inbox at HERE: the receiver key stats has another inbox, from HERE: give each key one"}},
		"two of all keys":  {fx.Options(inbox(good), inbox(good)), []string{"fxevents.Inbox at HERE: the receiver key mail has another inbox, from HERE: give each key one"}},
		"all and one more": {fx.Options(inbox(good), inbox(good, "stats")), []string{"fxevents.Inbox at HERE: the receiver key stats has another inbox, from HERE: give each key one"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := problemsOf(t, fxevents.Module(), shopModule(), fx.Provide(func() transport.Transport { return &transport.Local{} }), tt.option)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	got := problemsOf(t, fxevents.Module(), events, inbox(good))
	if want := `fxevents.Inbox at HERE: no listener is asynchronous: give a listener's tag a receiver key, as async:"mail", or drop this option`; len(got) != 1 || got[0] != want {
		t.Errorf("got %q", got)
	}
}

// What the container can't build is reported with the place of the option.
func TestInboxIsNotBuilt(t *testing.T) {
	for want, constructor := range map[string]any{
		"missing type: *fxevents_test.database": (*database).inbox,
		"no table":                              func() (transport.Handled, error) { return nil, errors.New("no table") },
		"the function returned nil: return a transport.Handled or an error": func() transport.Handled { return nil },
	} {
		err := quietly(fxevents.Module(), shopModule(), fx.Provide(func() transport.Transport { return &transport.Local{} }),
			fxevents.Inbox(constructor)).Err()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "fxevents/inbox_test.go:") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func (*database) inbox() transport.Handled { return &transport.Recent{} }
