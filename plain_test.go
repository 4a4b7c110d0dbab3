package rollcall_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
)

// Events that can't be stopped take a way of their own, the fastest. It must do
// all that the other one does.

// plain is passed by pointer, value by value; both note whom they meet.
type (
	plain struct{ met []string }
	value struct{ met *[]string }
)

func checkPlainWays(t *testing.T, contexts contexts, act func(id string, ctx context.Context) error, want string, check func(error) bool, options ...rollcall.Option) {
	t.Helper()
	var byPointer, byValue listeners
	for _, id := range []string{"a", "b", "c"} {
		byPointer = append(byPointer, rollcall.NewListener[*plain](id, func(ctx context.Context, p *plain) error {
			p.met = append(p.met, id)
			return act(id, ctx)
		}))
		byValue = append(byValue, rollcall.NewListener[value](id, func(ctx context.Context, v value) error {
			*v.met = append(*v.met, id)
			return act(id, ctx)
		}))
	}
	d := rollcall.NewDispatcher(build(t, append(byPointer, byValue...)), options...)
	for kind, ctx := range contexts {
		pointers, values := rollcall.NewEmitter[*plain](d), rollcall.NewEmitter[value](d)
		for way, dispatch := range map[string]func(*plain) error{
			"emitter":        func(p *plain) error { return pointers.Emit(ctx(t), p) },
			"generic":        func(p *plain) error { _, err := rollcall.Dispatch(ctx(t), d, p); return err },
			"untyped":        func(p *plain) error { return d.Dispatch(ctx(t), p) },
			"emitter, value": func(p *plain) error { return values.Emit(ctx(t), value{&p.met}) },
			"generic, value": func(p *plain) error {
				_, err := rollcall.Dispatch(ctx(t), d, value{&p.met})
				return err
			},
			"untyped, value": func(p *plain) error { return d.Dispatch(ctx(t), value{&p.met}) },
		} {
			t.Run(way+", "+kind, func(t *testing.T) {
				for range 2 { // the second finds what the first has remembered
					p := &plain{}
					if err := dispatch(p); !check(err) {
						t.Errorf("got %v", err)
					}
					if got := strings.Join(p.met, " "); got != want {
						t.Errorf("called %q, want %q", got, want)
					}
				}
			})
		}
	}
}

// contexts are of two kinds, because one that is never done needs no asking.
type contexts map[string]func(*testing.T) context.Context

var bothContexts = contexts{
	"cancellable":   cancellable,
	"uncancellable": func(*testing.T) context.Context { return context.Background() },
}

type cancelKey struct{}

// cancellable is a context that a listener can cancel.
func cancellable(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return context.WithValue(ctx, cancelKey{}, cancel)
}

func TestPlainEvents(t *testing.T) {
	checkPlainWays(t, bothContexts, func(string, context.Context) error { return nil }, "a b c", func(err error) bool { return err == nil })
}

// whomTheyMet is whom an event has met, by who failed.
var whomTheyMet = map[string]string{"a": "a", "b": "a b", "c": "a b c"}

func TestPlainEventsStopAtAnError(t *testing.T) {
	for failing, met := range whomTheyMet {
		act := func(id string, _ context.Context) error {
			if id == failing {
				return errListener
			}
			return nil
		}
		checkPlainWays(t, bothContexts, act, met, func(err error) bool {
			var problem *rollcall.ListenerError
			return errors.As(err, &problem) && problem.Listener == failing && errors.Is(err, errListener)
		})
		checkPlainWays(t, bothContexts, act, "a b c", func(err error) bool { return errors.Is(err, errListener) }, rollcall.CollectErrors())
	}
}

func TestPlainEventsTurnAPanicIntoAnError(t *testing.T) {
	for failing, met := range whomTheyMet {
		act := func(id string, _ context.Context) error {
			if id == failing {
				panic(io.EOF)
			}
			return nil
		}
		checkPlainWays(t, bothContexts, act, met, func(err error) bool {
			var problem *rollcall.ListenerError
			var panicked *rollcall.PanicError
			return errors.As(err, &problem) && problem.Listener == failing && errors.As(err, &panicked) && errors.Is(err, io.EOF)
		})
	}
}

func TestPlainEventsPassPanics(t *testing.T) {
	p := build(t, listeners{rollcall.NewListener[*plain]("a", func(*plain) { panic(io.EOF) })})
	d := rollcall.NewDispatcher(p, rollcall.PassPanics())
	emitter := rollcall.NewEmitter[*plain](d)
	for name, dispatch := range map[string]func() error{
		"untyped": func() error { return d.Dispatch(ctx, &plain{}) },
		"emitter": func() error { return emitter.Emit(ctx, &plain{}) },
	} {
		for range 2 {
			func() {
				defer func() {
					if value := recover(); value != io.EOF {
						t.Errorf("%s: recovered %v", name, value)
					}
				}()
				t.Error(name, "returned", dispatch())
			}()
		}
	}
}

func TestPlainEventsAskTheContext(t *testing.T) {
	act := func(id string, ctx context.Context) error {
		if id == "b" {
			ctx.Value(cancelKey{}).(context.CancelFunc)()
		}
		return nil
	}
	checkPlainWays(t, contexts{"cancellable": cancellable}, act, "a b", func(err error) bool {
		var problem *rollcall.InterruptedError
		return errors.As(err, &problem) && problem.Before == "c" && errors.Is(err, context.Canceled)
	})
}

// What can't be asked is told of, and no listener is blamed.
func TestHostileEvents(t *testing.T) {
	d := rollcall.NewDispatcher(build(t, listeners{on("a"), on("b")}))
	var nilEvent *created
	const unasked = "asking a *rollcall_test.created whether it is stopped: panic: runtime error: invalid memory address or nil pointer dereference"
	checkError[*rollcall.PanicError](t, d.Dispatch(ctx, nilEvent), unasked)
	checkError[*rollcall.PanicError](t, rollcall.NewDispatcher(build(t, listeners{on("a"), on("b")}), rollcall.CollectErrors()).Dispatch(ctx, nilEvent), unasked)
	checkError[*rollcall.PanicError](t, rollcall.NewDispatcher(build(t, listeners{on("a"), on("b")}), rollcall.Parallel(2)).Dispatch(ctx, nilEvent), unasked)

	var nilGeneric *event.Generic
	if err := rollcall.NewTraced(&provider.Mutable{}).Dispatch(ctx, nilGeneric); err != nil {
		t.Error(err)
	}
	fickle := rollcall.NewListener[*fickle]("a", func(f *fickle) error { f.fails = true; return errListener })
	checkError[*rollcall.ListenerError](t, rollcall.NewDispatcher(build(t, listeners{fickle})).Dispatch(ctx, newFickle()),
		"listener a of *rollcall_test.fickle: failed")
	nameless := rollcall.NewListener[*event.Generic]("a", func(*event.Generic) error { return errListener })
	checkError[*rollcall.ListenerError](t, rollcall.NewDispatcher(build(t, listeners{nameless})).Dispatch(ctx, &event.Generic{}),
		"listener a of *event.Generic: failed")
	//lint:ignore SA1012 a nil context must not crash the program
	if err := rollcall.NewEmitter[*plain](d).Emit(nil, &plain{}); err != nil {
		t.Error(err)
	}
	if err := rollcall.NewDispatcher(&provider.Mutable{}).Dispatch(ctx, nil); err == nil {
		t.Error("nothing was dispatched")
	}
	buffering := rollcall.NewBuffered(d, func(any) bool { panic("no") })
	checkError[*rollcall.PanicError](t, buffering.Dispatch(ctx, &plain{}), "asking buffers about a *rollcall_test.plain: panic: no")
	_, err := rollcall.Dispatch(ctx, nil, &plain{})
	checkError[*rollcall.NilError](t, err, "there is no dispatcher: the value is nil")
	_, err = rollcall.Dispatch(ctx, nil, &event.Generic{Name: "recipe.created"})
	checkError[*rollcall.NilError](t, err, "there is no dispatcher: the value is nil")
	nowhere := rollcall.NewBuffered(nil, nil)
	_ = nowhere.Dispatch(ctx, &plain{})
	if _, err := nowhere.Flush(ctx); err == nil {
		t.Error("flushed to nobody")
	}
}

// fickle is an event whose name can't be had once a listener has changed it.
type fickle struct{ fails bool }

func newFickle() *fickle { return &fickle{} }

func (f *fickle) EventName() string {
	if f.fails {
		panic("no name")
	}
	return "fickle"
}

// A flush that ends early puts what is left in front of what came meanwhile.
func TestFlushKeepsTheOrderOfWhatIsLeft(t *testing.T) {
	cancelling, cancel := context.WithCancel(ctx)
	var b *rollcall.Buffered
	b = rollcall.NewBuffered(rollcall.NewDispatcher(build(t, listeners{
		rollcall.NewListener[*plain]("a", func(p *plain) error { cancel(); return b.Dispatch(ctx, &deleted{}) }),
	})), nil)
	first, second := &plain{}, &plain{}
	_, _ = b.Dispatch(ctx, first), b.Dispatch(ctx, second)
	_, _ = b.Flush(cancelling)
	left, err := b.Flush(ctx)
	if len(left) != 2 || left[0] != any(second) || err != nil {
		t.Errorf("got %v, %v", left, err)
	}
}

func TestTracedNamesDeclaredOrphans(t *testing.T) {
	p, err := provider.Build(nil, []rollcall.Declaration{rollcall.Declare[*plain]("plain.happened")})
	if err != nil {
		t.Fatal(err)
	}
	d := rollcall.NewTraced(p)
	if err := d.Dispatch(ctx, &plain{}); err != nil {
		t.Fatal(err)
	}
	coretest.Check(t, "orphans", strings.Join(d.Orphans(), " "), "plain.happened")
}

// kinded is an event whose name is one of several.
type kinded struct{ kind string }

func (k *kinded) EventName() string { return k.kind }

// What is remembered of one name is not the answer for another name of the same type.
func TestNamesOfOneTypeAreKeptApart(t *testing.T) {
	dispatches := map[string]func(d rollcall.Dispatcher, e *kinded) error{
		"untyped": func(d rollcall.Dispatcher, e *kinded) error { return d.Dispatch(t.Context(), e) },
		"typed": func(d rollcall.Dispatcher, e *kinded) error {
			_, err := rollcall.Dispatch(t.Context(), d, e)
			return err
		},
	}
	for way, dispatch := range dispatches {
		t.Run(way, func(t *testing.T) {
			var called []string
			note := func(id string) func(*kinded) { return func(*kinded) { called = append(called, id) } }
			d := rollcall.NewDispatcher(build(t, listeners{
				rollcall.NewListener[*kinded]("any", note("any")),
				rollcall.NewListener[*kinded]("paid", note("paid"), `event:"paid"`),
			}))
			for _, kind := range []string{"sent", "paid", "sent"} {
				if err := dispatch(d, &kinded{kind}); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff([]string{"any", "any", "paid", "any"}, called); diff != "" {
				t.Error(diff)
			}
		})
	}
}
