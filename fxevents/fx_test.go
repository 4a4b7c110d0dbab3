package fxevents_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/tags"
)

// What Fx can do to a constructor, it can do to a listener's.

func noting(id string) rollcall.Listener {
	return rollcall.NewListener[*created](id, func(c *created) { c.note(id) })
}

func TestFx_ModuleNesting(t *testing.T) {
	leaf := func(id string) fx.Option {
		return fxevents.AsListener(func() func(*created) { return func(c *created) { c.note(id) } }, tags.Place(tags.ID(id)))
	}
	got := emitted(t, fxevents.Module(), events,
		fx.Module("a", fx.Module("a1", leaf("a1")), leaf("a"), fx.Module("a2", leaf("a2"))),
		leaf("root"),
		fx.Module("b", leaf("b")),
	)
	check(t, "declared order: a parent's before its child modules'", got, "root, a, a1, a2, b")
}

// maker gives listeners whose IDs are its own.
type maker struct{ id string }

func (m maker) Make() rollcall.Listener { return noting(m.id) }

// Constructors whose names in short are the same stand beside each other, as
// those of packages of one name do.
func TestFx_ConstructorsOfOneName(t *testing.T) {
	got := emitted(t, fxevents.Module(), events, fx.Supply(maker{"a"}),
		fxevents.AsListener(maker.Make), fxevents.AsListener(maker{"b"}.Make))
	check(t, "called", got, "a, b")
}

func TestFx_Private(t *testing.T) {
	got := emitted(t, fxevents.Module(), events,
		fx.Module("one", fx.Provide(func() *indexer { return &indexer{"one"} }, fx.Private), fxevents.Listen((*indexer).OnCreated, `id:"one"`)),
		fx.Module("two", fx.Provide(func() *indexer { return &indexer{"two"} }, fx.Private), fxevents.Listen((*indexer).OnCreated, `id:"two"`)),
	)
	check(t, "each module's own component", got, "one, two")
}

func TestFx_DecorateAComponent(t *testing.T) {
	got := emitted(t, fxevents.Module(), events, fx.Provide(newIndexer),
		fxevents.Listen((*indexer).OnCreated),
		fx.Decorate(func(i *indexer) *indexer { return &indexer{"decorated " + i.name} }))
	check(t, "called", got, "decorated indexer")
}

func TestFx_DecorateTheGroup(t *testing.T) {
	got := emitted(t, fxevents.Module(), events,
		fxevents.AsListener(newNotifier), fxevents.AsListener(newAuditor),
		fx.Decorate(fx.Annotate(func(all []rollcall.Listener) []rollcall.Listener {
			var kept []rollcall.Listener
			for _, l := range all {
				if l.ID != "fxevents_test.auditor" {
					kept = append(kept, l)
				}
			}
			return kept
		}, fx.ParamTags(`group:"event_listener"`), fx.ResultTags(`group:"event_listener"`))))
	check(t, "called", got, "notifier")
}

// Emitters go through the dispatcher as the application decorates it.
func TestFx_DecorateTheDispatcher(t *testing.T) {
	var buffered *rollcall.Buffered
	var emitter *rollcall.Emitter[*created]
	app := quietly(fxevents.Module(), events, fxevents.AsListener(newNotifier),
		fx.Decorate(func(d rollcall.Dispatcher) rollcall.Dispatcher {
			buffered = rollcall.NewBuffered(d, nil)
			return buffered
		}), fx.Populate(&emitter))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	e := &created{}
	if err := emitter.Emit(context.Background(), e); err != nil || len(e.log) != 0 || buffered.Len() != 1 {
		t.Fatalf("%v, %v, %d in the buffer", err, e.log, buffered.Len())
	}
	if _, err := buffered.Flush(context.Background()); err != nil || len(e.log) != 1 {
		t.Errorf("%v, %v", err, e.log)
	}
}

func TestFx_SupplyAndOutAndAnnotate(t *testing.T) {
	type out struct {
		fx.Out
		One  rollcall.Listener   `group:"event_listener"`
		Many []rollcall.Listener `group:"event_listener,flatten"`
	}
	got := emitted(t, fxevents.Module(), events,
		fx.Supply(fx.Annotated{Group: "event_listener", Target: noting("supplied")}),
		fx.Provide(func() out {
			return out{One: noting("out"), Many: []rollcall.Listener{noting("many 2"), noting("many 1")}}
		}),
		fx.Provide(fx.Annotate(func() rollcall.Listener { return noting("annotated") }, fx.ResultTags(`group:"event_listener"`))),
		fxevents.AsListener(newNotifier),
		fxevents.AsListener(func() rollcall.Listener { return noting("as listener") }),
		fx.Supply(&indexer{"supplied component"}), fxevents.Listen((*indexer).OnCreated),
	)
	check(t, "plain listeners come after the others, by ID", got,
		"notifier, as listener, supplied component, annotated, many 1, many 2, out, supplied")
}

type optional struct {
	fx.In
	Absent *deleted `optional:"true"`
}

func TestFx_VariadicAndOptionalParameters(t *testing.T) {
	got := emitted(t, fxevents.Module(), events, fx.Supply("x"),
		fxevents.AsListener(func(s string, rest ...int) func(*created) {
			return func(c *created) { c.note(fmt.Sprint("variadic ", s, len(rest))) }
		}, `id:"variadic"`),
		fxevents.AsListener(func(o optional) func(*created) {
			return func(c *created) { c.note(fmt.Sprint("optional ", o.Absent == nil)) }
		}, `id:"optional"`),
	)
	check(t, "called", got, "variadic x0, optional true")
}

var errBroken = errors.New("broken")

func newBroken() (*notifier, error) { return nil, errBroken }

func TestFx_ConstructorThatReturnsAnError(t *testing.T) {
	check(t, "no error", emitted(t, fxevents.Module(), events,
		fxevents.AsListener(func() (*notifier, error) { return &notifier{}, nil })), "notifier")

	err := quietly(fxevents.Module(), events, fxevents.AsListener(newBroken)).Err()
	if !errors.Is(err, errBroken) || !strings.Contains(err.Error(), `fxevents_test".newBroken (`) {
		t.Errorf("got %v", err)
	}
}

func TestFx_ValidateApp(t *testing.T) {
	good := fx.Options(fx.NopLogger, fxevents.Module(yaml(`services: { fxevents_test.notifier: { tags: [ { name: event_listener, event: recipe.created, priority: first } ] } }`),
		fxevents.NamedProvider("audit", "audit_listener")), events, fx.Provide(newIndexer),
		fxevents.Listen((*indexer).OnCreated), fxevents.AsListener(newNotifier),
		fxevents.AsListener(func() *subscriber { return nil }))
	if err := fx.ValidateApp(good); err != nil {
		t.Error(err)
	}
	if err := fx.ValidateApp(good, fxevents.AsListener(newNeedy)); err == nil || !strings.Contains(err.Error(), "newNeedy") {
		t.Errorf("a missing dependency: %v", err)
	}
}

type missing struct{}

func newNeedy(*missing) *mailer { return &mailer{} }

// A missing dependency names the user's constructor with its file and line.
func TestFx_MissingDependencyNamesTheConstructor(t *testing.T) {
	for name, option := range map[string]fx.Option{
		"AsListener": fxevents.AsListener(newNeedy, `method:"OnCreated"`),
		"Listen": fx.Options(fx.Provide(newNeedy), fxevents.Listen(func(m *mailer, _ context.Context, c *created) error {
			return nil
		})),
	} {
		t.Run(name, func(t *testing.T) {
			err := quietly(fxevents.Module(), events, option).Err()
			for _, want := range []string{`fxevents_test".newNeedy (`, "fxevents/fx_test.go:", "missing type", "*fxevents_test.missing"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in: %v", want, err)
				}
			}
		})
	}
}

func TestFx_ModuleForgotten(t *testing.T) {
	err := quietly(events, fx.Invoke(func(*rollcall.Emitter[*created]) {})).Err()
	if err == nil || !strings.Contains(err.Error(), "the application has no fxevents.Module") {
		t.Errorf("got %v", err)
	}
}

func TestDigContainerAdapter(t *testing.T) {
	c := dig.New()
	built := 0
	if err := c.Provide(func() *notifier { built++; return &notifier{} }, dig.Name("notifier")); err != nil {
		t.Fatal(err)
	}
	p, err := provider.NewContainer(map[event.Key][]string{
		event.KeyOf[*created](): {"notifier"}, event.KeyOf[*deleted](): {"nobody"},
	}, fxevents.DigContainer[*notifier](c))
	if err != nil {
		t.Fatal(err)
	}
	d := rollcall.NewDispatcher(p)
	if built != 0 {
		t.Fatal("built before the first event")
	}
	for range 2 {
		e := &created{}
		if err := d.Dispatch(context.Background(), e); err != nil || len(e.log) != 1 {
			t.Fatalf("%v, %v", err, e.log)
		}
	}
	if built != 1 {
		t.Errorf("built %d times", built)
	}
	err = d.Dispatch(context.Background(), &deleted{})
	if err == nil || !strings.Contains(err.Error(), `listener nobody of *fxevents_test.deleted can't be provided by its container`) ||
		!strings.Contains(err.Error(), `missing type: *fxevents_test.notifier[name="nobody"]`) {
		t.Errorf("got %v", err)
	}
}
