package fxevents_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/tags"
)

func TestListenersOfSeveralModulesInOneOrder(t *testing.T) {
	got := emitted(t,
		fxevents.Module(),
		fx.Module("audit", fxevents.AsListener(newAuditor, `priority:"first"`)),
		fx.Module("notify", fxevents.AsListener(newNotifier, `after:"fxevents_test.indexer"`)),
		fx.Module("recipes",
			events,
			fx.Provide(newIndexer),
			fxevents.Listen((*indexer).OnCreated),
			fxevents.AsListener(newMailer, `event:"recipe.created" method:"OnCreated" priority:"last" id:"mail"`),
		),
	)
	check(t, "called", got, "auditor, indexer, notifier, mailer")
}

func TestDefaultIDs(t *testing.T) {
	got := orderOf(t, fxevents.Module(), events, fx.Provide(newIndexer),
		fxevents.Listen((*indexer).OnCreated),
		fxevents.Listen((*indexer).OnDeleted),
		fxevents.AsListener(newNotifier),
		fxevents.Listen((*indexer).OnChange, `id:"any"`),
	)
	check(t, "a type that listens once to each event", got, `recipe.created: fxevents_test.indexer fxevents_test.notifier any
recipe.deleted: fxevents_test.indexer any`)

	got = orderOf(t, fxevents.Module(), events, fx.Provide(newIndexer),
		fxevents.Listen((*indexer).OnCreated),
		fxevents.Listen((*indexer).Again, `before:"fxevents_test.indexer.OnCreated"`),
		fxevents.Listen((*indexer).OnDeleted),
	)
	check(t, "a type that listens twice to one", got, `recipe.created: fxevents_test.indexer.Again fxevents_test.indexer.OnCreated
recipe.deleted: fxevents_test.indexer`)
}

type pair[A, B any] struct{}

func (*pair[A, B]) Handle(c *created) { c.note("pair") }
func (*pair[A, B]) One(c *created)    { c.note("one") }
func (*pair[A, B]) Two(c *created)    { c.note("two") }

// Whatever way a listener is made one twice for an event, its methods tell the
// two apart; and an ID can always be written in a list of targets.
func TestDefaultIDsOfMethods(t *testing.T) {
	got := orderOf(t, fxevents.Module(), events, fxevents.AsListener(newNotifier, `after:"fxevents_test.pair[int string].Two"`),
		fxevents.AsListener(func() *pair[int, string] { return &pair[int, string]{} }, `method:"One"`, `method:"Two"`))
	check(t, "AsListener", got, `recipe.created: fxevents_test.pair[int string].One fxevents_test.pair[int string].Two fxevents_test.notifier
recipe.deleted:`)
	got = orderOf(t, fxevents.Module(), events, fx.Provide(newIndexer),
		fxevents.Listen((*indexer).OnCreated), fxevents.Listen((*indexer).Again, `event:"recipe.created"`))
	check(t, "by type and by name", got, `recipe.created: fxevents_test.indexer.OnCreated fxevents_test.indexer.Again
recipe.deleted:`)
}

func TestTypedTags(t *testing.T) {
	got := emitted(t, fxevents.Module(), events, fx.Provide(newIndexer),
		fxevents.AsListener(newNotifier, tags.On[*created](tags.Priority(-1))),
		fxevents.Listen((*indexer).OnCreated, tags.Place(tags.After("fxevents_test.notifier", "?nobody"))),
		fxevents.AsListener(newAuditor, tags.OnName("recipe.created", tags.First)),
	)
	check(t, "called", got, "auditor, notifier, indexer")
}

func TestDispatcherAndProviderInTheContainer(t *testing.T) {
	var d rollcall.Dispatcher
	var p rollcall.Provider
	app := fxtest.New(t, fxevents.Module(), fxevents.AsListener(newNotifier), fx.Populate(&d, &p))
	app.RequireStart().RequireStop()
	e := &created{}
	if err := d.Dispatch(context.Background(), e); err != nil || len(e.log) != 1 {
		t.Errorf("dispatch of an event that nobody declared: %v, %v", err, e.log)
	}
	if n := len(p.(interface{ All() []rollcall.Listener }).All()); n != 1 {
		t.Errorf("the provider has %d listeners", n)
	}
	if list, err := p.Listeners(e); err != nil || list.Len() != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

// A listener may inject the emitter or the dispatcher of the event that it
// listens to.
func TestInjectionMakesNoCircles(t *testing.T) {
	type chained struct {
		emitter    *rollcall.Emitter[*created]
		dispatcher rollcall.Dispatcher
	}
	got := emitted(t, fxevents.Module(), events, fxevents.AsListener(newNotifier),
		fxevents.AsListener(func(e *rollcall.Emitter[*created], d rollcall.Dispatcher, p rollcall.Provider) func(context.Context, *created) error {
			c := chained{e, d}
			return func(ctx context.Context, e *created) error {
				e.note("chained")
				if len(e.log) > 3 {
					return nil
				}
				return errors.Join(c.emitter.Emit(ctx, e), c.dispatcher.Dispatch(ctx, &deleted{}))
			}
		}, `id:"chained" after:"fxevents_test.notifier"`),
	)
	check(t, "called", got, "notifier, chained, notifier, chained")
}

func TestEmittingTooEarly(t *testing.T) {
	const want = "the event listeners are not assembled yet: dispatch from a hook of fx.Lifecycle, " +
		"or from an fx.Invoke that stands after fxevents.Module, not from a constructor"
	early := func(e *rollcall.Emitter[*created], d rollcall.Dispatcher, p rollcall.Provider) error {
		_, providerErr := p.Listeners(&created{})
		for _, err := range []error{e.Emit(context.Background(), nil), d.Dispatch(context.Background(), nil), providerErr} {
			var problem *fxevents.NotAssembledError
			if !errors.As(err, &problem) || err.Error() != want {
				return fmt.Errorf("got %w", err)
			}
		}
		if p.(interface{ All() []rollcall.Listener }).All() != nil {
			return errors.New("it has listeners already")
		}
		return nil
	}
	app := quietly(fx.Module("before", fx.Invoke(early)), fxevents.Module(), events)
	if err := app.Err(); err != nil {
		t.Error(err)
	}
}

// hasty emits in its constructor.
type hasty struct{}

func newHasty(e *rollcall.Emitter[*created]) (*hasty, error) {
	return &hasty{}, e.Emit(context.Background(), &created{})
}

// A component that a listener needs can't emit in its constructor, in any order of the
// options and whatever else needs it.
func TestEmittingInAConstructor(t *testing.T) {
	options := []fx.Option{
		fxevents.Module(), events, fx.Provide(newHasty),
		fxevents.AsListener(func(*hasty) *notifier { return newNotifier() }),
		fx.Invoke(func(*hasty) {}),
	}
	permuted(options, func(options []fx.Option) {
		var problem *fxevents.NotAssembledError
		if err := quietly(options...).Err(); !errors.As(err, &problem) {
			t.Errorf("got %v", err)
		}
	})
	permuted([]fx.Option{fxevents.Module(), events, fxevents.AsListener(newNotifier), fx.Invoke(func(e *rollcall.Emitter[*created]) error {
		c := &created{}
		return errors.Join(e.Emit(context.Background(), c), check1(c.log))
	})}, func(options []fx.Option) {
		if err := quietly(options...).Err(); err != nil {
			t.Errorf("an invoke of the root: %v", err)
		}
	})
}

func check1(log []string) error {
	if len(log) != 1 {
		return fmt.Errorf("%d listeners were called", len(log))
	}
	return nil
}

// permuted calls f with each permutation of the options.
func permuted(options []fx.Option, f func([]fx.Option)) {
	var permute func(n int)
	permute = func(n int) {
		if n == len(options) {
			f(options)
			return
		}
		for i := n; i < len(options); i++ {
			options[n], options[i] = options[i], options[n]
			permute(n + 1)
			options[n], options[i] = options[i], options[n]
		}
	}
	permute(0)
}

// A component under test needs neither a container nor a dispatcher.
func TestZeroEmitterInAComponent(t *testing.T) {
	service := struct{ created *rollcall.Emitter[*created] }{&rollcall.Emitter[*created]{}}
	if err := service.created.Emit(context.Background(), &created{}); err != nil {
		t.Error(err)
	}
}

func TestPolicy(t *testing.T) {
	var emitter *rollcall.Emitter[*created]
	fails := func(what string) func() func(*created) error {
		return func() func(*created) error { return func(*created) error { return errors.New(what) } }
	}
	app := quietly(fxevents.Module(fxevents.Policy(rollcall.CollectErrors())), events, fx.Populate(&emitter),
		fxevents.AsListener(fails("one"), `id:"a"`), fxevents.AsListener(fails("two"), `id:"b"`),
		fxevents.AsListener(func() func(*created) { return func(*created) { panic("three") } }, `id:"c"`))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	check(t, "errors", fmt.Sprint(emitter.Emit(context.Background(), &created{})),
		"listener a of recipe.created: one\nlistener b of recipe.created: two\nlistener c of recipe.created: panic: three")
}

func TestSeveralProvidersEachFromItsOwnTag(t *testing.T) {
	type named struct {
		fx.In
		Audit    rollcall.Dispatcher `name:"audit"`
		Provider rollcall.Provider   `name:"audit"`
		Assembly *fxevents.Assembly
	}
	var in named
	options := []fx.Option{
		fxevents.Module(fxevents.NamedProvider("audit", "audit_listener")), events,
		fxevents.AsListener(newNotifier, `priority:"first"`, `group:"audit_listener" priority:"last"`),
		fxevents.AsListener(newAuditor, `group:"audit_listener"`),
		fxevents.AsListener(newMailer, `method:"OnCreated"`),
	}
	check(t, "the default provider", emitted(t, options...), "notifier, mailer")
	if err := quietly(append(options, fx.Invoke(func(n named) { in = n }))...).Err(); err != nil {
		t.Fatal(err)
	}
	e := &created{}
	if err := in.Audit.Dispatch(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	check(t, "the other", strings.Join(e.log, ", "), "auditor, notifier")
	if list, _ := in.Provider.Listeners(e); list.Len() != 2 {
		t.Errorf("its provider has %d listeners", list.Len())
	}
	a := in.Assembly
	if a.Provider("") == nil || a.Provider("audit") == nil || a.Provider("") == a.Provider("audit") || a.Provider("other") != nil {
		t.Errorf("got %v, %v, %v", a.Provider(""), a.Provider("audit"), a.Provider("other"))
	}
}

// A declared event's listeners are called without reflection and allocation,
// whatever they were made of.
func TestEmitDoesNotAllocate(t *testing.T) {
	var emitter *rollcall.Emitter[*quiet]
	var d rollcall.Dispatcher
	app := quietly(fxevents.Module(), fxevents.Event[*quiet](""), fx.Populate(&emitter, &d),
		fxevents.AsListener(func() *quietHandler { return &quietHandler{} }),
		fx.Provide(func() *quietComponent { return &quietComponent{} }),
		fxevents.Listen((*quietComponent).On),
		fxevents.AsListener(func() func(context.Context, *quiet) error {
			return func(context.Context, *quiet) error { return nil }
		}, `id:"function"`))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	ctx, e := context.Background(), &quiet{}
	if n := testing.AllocsPerRun(100, func() { _ = emitter.Emit(ctx, e); _ = d.Dispatch(ctx, e) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if e.n == 0 {
		t.Error("nobody was called")
	}
}

type (
	quiet          struct{ n int }
	quietHandler   struct{}
	quietComponent struct{}
)

func (*quietHandler) Handle(_ context.Context, q *quiet) error { q.n++; return nil }
func (*quietComponent) On(_ context.Context, q *quiet) error   { q.n++; return nil }

func TestSubscriberInTheContainer(t *testing.T) {
	got := emitted(t, fxevents.Module(), events, fxevents.AsListener(newNotifier),
		fxevents.AsListener(func() *subscriber { return &subscriber{} }))
	check(t, "called", got, "early, notifier, late")
}

type subscriber struct{}

func (*subscriber) Subscriptions() []rollcall.Listener {
	return []rollcall.Listener{
		rollcall.NewListener[*created]("late", func(c *created) { c.note("late") }, `priority:"-1"`),
		rollcall.NewListener[*created]("early", func(c *created) { c.note("early") }, `priority:"1"`),
	}
}

// The container's dispatcher tells a value from the pointer that is declared.
func TestDispatchOfAValueWherePointerIsDeclared(t *testing.T) {
	var d rollcall.Dispatcher
	if err := quietly(fxevents.Module(), events, fxevents.AsListener(newNotifier), fx.Populate(&d)).Err(); err != nil {
		t.Fatal(err)
	}
	err := d.Dispatch(t.Context(), created{})
	const want = "the dispatched event is a fxevents_test.created, but the declared event recipe.created is a *fxevents_test.created (HERE): " +
		"dispatch that, or declare fxevents_test.created, too"
	if err == nil || lineOfThisPackage.ReplaceAllString(err.Error(), "HERE") != want {
		t.Errorf("got %v", err)
	}
}
