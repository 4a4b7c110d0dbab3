package rollcall_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/internal/coretest"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

type (
	handler       struct{}
	handlerErr    struct{}
	handlerCtx    struct{}
	handlerCtxErr struct{}
	handlerOrigin struct{}
	handlerOrgErr struct{}
	namedFunc     func(context.Context, *created) error
	methods       struct{}
)

func (handler) Handle(c *created)                                             { c.note("called") }
func (handlerErr) Handle(c *created) error                                    { c.note("called"); return nil }
func (handlerCtx) Handle(_ context.Context, c *created)                       { c.note("called") }
func (handlerCtxErr) Handle(_ context.Context, c *created) error              { c.note("called"); return nil }
func (handlerOrigin) Handle(_ context.Context, c *created, o rollcall.Origin) { c.note("called") }
func (handlerOrgErr) Handle(_ context.Context, c *created, o rollcall.Origin) error {
	c.note("called")
	return nil
}

func (*methods) OnCreated(c *created)                 { c.note("called") }
func (*methods) OnChange(_ context.Context, c change) { c.note("called") }
func (*methods) Broken(a, b int)                      {}
func (*methods) Start(context.Context) error          { return nil }

// Every form of a value is called, whether the event's type is known
// statically, declared, or found by reflection.
func TestFromValueForms(t *testing.T) {
	for _, tt := range []struct {
		name   string
		value  any
		fields tags.Fields
		id     string
	}{
		{"Handle(E)", handler{}, tags.Fields{}, "rollcall_test.handler"},
		{"Handle(E) error", handlerErr{}, tags.Fields{}, "rollcall_test.handlerErr"},
		{"Handle(ctx, E)", &handlerCtx{}, tags.Fields{}, "rollcall_test.handlerCtx"},
		{"Handle(ctx, E) error", handlerCtxErr{}, tags.Fields{ID: "x"}, "x"},
		{"Handle(ctx, E, Origin)", handlerOrigin{}, tags.Fields{}, "rollcall_test.handlerOrigin"},
		{"Handle(ctx, E, Origin) error", handlerOrgErr{}, tags.Fields{}, "rollcall_test.handlerOrgErr"},
		{"named function", namedFunc(func(_ context.Context, c *created) error { c.note("called"); return nil }), tags.Fields{ID: "f"}, "f"},
		{"function", func(c *created) { c.note("called") }, tags.Fields{ID: "f"}, "f"},
		{"method", &methods{}, tags.Fields{Method: "OnCreated"}, "rollcall_test.methods"},
		{"listener", on("called"), tags.Fields{}, "called"},
		{"listener, renamed", on("called"), tags.Fields{ID: "y"}, "y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			listeners := coretest.Must[[]rollcall.Listener](t)(rollcall.FromValue(tt.value, tt.fields))
			l := listeners[0]
			if len(listeners) != 1 || l.ID != tt.id || l.Event != createdKey {
				t.Fatalf("got %v", listeners)
			}
			undeclared := coretest.Must[*provider.Sorted](t)(provider.Build(listeners, nil))
			declared := coretest.Must[*provider.Sorted](t)(provider.Build(listeners, []rollcall.Declaration{rollcall.Declare[*created]("")}))
			coretest.Check(t, "by reflection", called(t, undeclared), "called")
			coretest.Check(t, "declared", called(t, declared), "called")
			e := &created{}
			list := coretest.Must[*rollcall.Listeners](t)(undeclared.Listeners(e))
			if err := coretest.CallAt[*created](list, 0)(context.Background(), e); err != nil || len(e.log) != 1 {
				t.Errorf("with its type: %v, %v", err, e.log)
			}
		})
	}
}

// A declared event takes neither reflection nor allocation, whatever its
// listeners were made of.
func TestFromValueOfADeclaredEventDoesNotAllocate(t *testing.T) {
	var listeners []rollcall.Listener
	for i, value := range []any{&quiet{}, func(context.Context, *deleted) error { return nil }} {
		listeners = append(listeners, coretest.Must[[]rollcall.Listener](t)(
			rollcall.FromValue(value, tags.Fields{ID: strings.Repeat("x", i+1)}))...)
	}
	p := coretest.Must[*provider.Sorted](t)(provider.Build(listeners, []rollcall.Declaration{rollcall.Declare[*deleted]("")}))
	ctx, ev := context.Background(), &deleted{}
	d := rollcall.NewDispatcher(p)
	emitter := rollcall.NewEmitter[*deleted](d)
	if n := testing.AllocsPerRun(100, func() { _ = errors.Join(d.Dispatch(ctx, ev), emitter.Emit(ctx, ev)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

type quiet struct{}

func (*quiet) Handle(context.Context, *deleted) error { return nil }

func TestFromValueOverrides(t *testing.T) {
	fields, err := tags.Parse(`event:"recipe.created" id:"x" priority:"first"`)
	if err != nil {
		t.Fatal(err)
	}
	l := coretest.Must[[]rollcall.Listener](t)(rollcall.FromValue(handler{}, fields))[0]
	if l.ID != "x" || l.Event != event.NameKey("recipe.created") || l.Placement.String() != "first" {
		t.Errorf("got %+v", l)
	}
	l = coretest.Must[[]rollcall.Listener](t)(rollcall.FromValue(&methods{}, tags.Fields{Method: "OnChange", Event: "rollcall_test.change"}))[0]
	if l.Event != changeKey {
		t.Errorf("got %v", l.Event)
	}
}

func TestFromValueErrors(t *testing.T) {
	const forms = " must have one of the forms func(E), func(E) error, func(context.Context, E), " +
		"func(context.Context, E) error, func(context.Context, E, rollcall.Origin), func(context.Context, E, rollcall.Origin) error; it is "
	for _, tt := range []struct {
		name   string
		value  any
		fields tags.Fields
		want   string
	}{
		{"nil", nil, tags.Fields{}, "a listener must not be nil"},
		{"nil function", (func(*created))(nil), tags.Fields{}, "a listener must not be a nil function"},
		{"function without ID", func(*created) {}, tags.Fields{}, "a listener that is a plain func(*rollcall_test.created) needs an ID: give its tag an id"},
		{"no method", 7, tags.Fields{}, "int has no method Handle: add one, or name another by the tag's method key"},
		{"a method of the pointer", indexer{}, tags.Fields{Method: "OnCreated"}, "rollcall_test.indexer has no method OnCreated, but *rollcall_test.indexer has: use a *rollcall_test.indexer"},
		{"another method", &indexer{}, tags.Fields{}, "*rollcall_test.indexer has no method Handle: add one, or name another by the tag's method key, as method:\"OnCreated\""},
		{"misspelt method", &methods{}, tags.Fields{Method: "OnCraeted"}, "*rollcall_test.methods has no method OnCraeted, did you mean OnCreated?"},
		{"wrong method", &methods{}, tags.Fields{Method: "Broken"}, "method Broken of *rollcall_test.methods" + forms + "func(int, int)"},
		{"no parameter", func() {}, tags.Fields{ID: "x"}, "a listener function" + forms + "func()"},
		{"no event", func(context.Context) error { return nil }, tags.Fields{ID: "x"}, "a listener function takes a context.Context and no event, so that it would never be called: name another method, or add a parameter for the event"},
		{"a method without an event", &methods{}, tags.Fields{Method: "Start"}, "method Start of *rollcall_test.methods takes a context.Context and no event, so that it would never be called: name another method, or add a parameter for the event"},
		{"variadic", func(...int) {}, tags.Fields{ID: "x"}, "a listener function" + forms + "func(...int)"},
		{"wrong result", func(*created) int { return 0 }, tags.Fields{ID: "x"}, "a listener function" + forms + "func(*rollcall_test.created) int"},
		{"two results", func(*created) (int, error) { return 0, nil }, tags.Fields{ID: "x"}, "a listener function" + forms + "func(*rollcall_test.created) (int, error)"},
		{"fields for a subscriber", several{}, tags.Fields{ID: "x"}, "rollcall_test.several lists its own subscriptions: drop event, id, method, priority, labels, before, after and async from its tag"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rollcall.FromValue(tt.value, tt.fields)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}

func TestReflectedListenerRefusesAnotherType(t *testing.T) {
	l := coretest.Must[[]rollcall.Listener](t)(rollcall.FromValue(handler{}, tags.Fields{}))[0]
	list := coretest.Must[*rollcall.Listeners](t)(coretest.ListOf(l))
	for _, ev := range []any{&deleted{}, nil} {
		if err := coretest.CallAt[any](list, 0)(context.Background(), ev); err == nil {
			t.Errorf("%T was taken for a *created", ev)
		}
	}
}
