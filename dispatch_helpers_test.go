package rollcall_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// created is an event that remembers whom it met.
type created struct {
	event.Propagation
	log []string
}

func (c *created) note(s string) { c.log = append(c.log, s) }

func (c *created) met() string { return strings.Join(c.log, " ") }

// counted is an event passed by value.
type counted struct{ sum *int }

type listeners = []rollcall.Listener

func on(id string, tag ...tags.Tag) rollcall.Listener {
	return rollcall.NewListener[*created](id, func(c *created) { c.note(id) }, tag...)
}

func failing(id string, err error) rollcall.Listener {
	return rollcall.NewListener[*created](id, func(c *created) error { c.note(id); return err })
}

func panicking(id string, value any) rollcall.Listener {
	return rollcall.NewListener[*created](id, func(c *created) { c.note(id); panic(value) })
}

func build(t testing.TB, l listeners) *provider.Sorted {
	t.Helper()
	p, err := provider.Build(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// asIs hides from a dispatcher all that a provider can do but Listeners.
type asIs struct{ rollcall.Provider }

// ways are the ways to dispatch a *created. All must do the same.
func ways(t testing.TB, l listeners, options ...rollcall.Option) map[string]func(context.Context, *created) error {
	t.Helper()
	m := &provider.Mutable{}
	for _, listener := range l {
		if _, err := m.Add(listener); err != nil {
			t.Fatal(err)
		}
	}
	p := build(t, l)
	basic := rollcall.NewDispatcher(p, options...)
	late := &stand{basic}
	emit := func(d rollcall.Dispatcher) func(context.Context, *created) error {
		return rollcall.NewEmitter[*created](d).Emit
	}
	generic := func(d rollcall.Dispatcher) func(context.Context, *created) error {
		return func(ctx context.Context, c *created) error {
			back, err := rollcall.Dispatch(ctx, d, c)
			if back != c {
				t.Error("Dispatch returned another event")
			}
			return err
		}
	}
	untyped := func(d rollcall.Dispatcher) func(context.Context, *created) error {
		return func(ctx context.Context, c *created) error { return d.Dispatch(ctx, c) }
	}
	return map[string]func(context.Context, *created) error{
		"untyped":                   untyped(basic),
		"generic":                   generic(basic),
		"generic, late":             generic(late),
		"generic, plain provider":   generic(rollcall.NewDispatcher(asIs{p}, options...)),
		"emitter":                   emit(basic),
		"emitter, late":             emit(late),
		"emitter, mutable provider": emit(rollcall.NewDispatcher(m, options...)),
		"emitter, plain provider":   emit(rollcall.NewDispatcher(asIs{p}, options...)),
		"emitter, traced":           emit(rollcall.NewTraced(p, options...)),
		"traced":                    untyped(rollcall.NewTraced(p, options...)),
		"late":                      untyped(late),
	}
}

// everyWay runs a subtest for each way to dispatch.
func everyWay(t *testing.T, l listeners, test func(*testing.T, func(context.Context, *created) error), options ...rollcall.Option) {
	t.Helper()
	for name, dispatch := range ways(t, l, options...) {
		t.Run(name, func(t *testing.T) {
			test(t, dispatch)
			test(t, dispatch) // and again: what the first has found is remembered
		})
	}
}

func checkError[E error](t testing.TB, err error, want string) E {
	t.Helper()
	var problem E
	if !errors.As(err, &problem) {
		t.Fatalf("got %v, a %T; want a %T", err, err, problem)
	}
	if err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	return problem
}

var ctx = context.Background()

var errListener = errors.New("failed")

type change interface{ note(string) }

var createdKey, changeKey = event.KeyOf[*created](), event.KeyOf[change]()

var theEvent any = &created{}

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

// several subscribes all of its listeners.
type several []rollcall.Listener

func (s several) Subscriptions() []rollcall.Listener { return s }
