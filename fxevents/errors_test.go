package fxevents_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/tags"
	"github.com/rollcall-go/rollcall/transport"
)

func TestProblems(t *testing.T) {
	const keys = "The keys are event, id, method, group, priority, labels, before, after, async"
	provided := fx.Provide(newIndexer)
	for _, tt := range []struct {
		name   string
		option fx.Option
		want   []string
	}{
		{"unknown key", fxevents.AsListener(newNotifier, `prioritty:"1"`), []string{
			"fxevents_test.newNotifier (HERE), registered at HERE: tag `prioritty:\"1\"`, column 1: unknown key \"prioritty\", did you mean priority? " + keys}},
		{"repeated key and bad value", fxevents.Listen((*indexer).OnCreated, `id:"a" id:"b" priority:"high"`), []string{
			"fxevents_test.indexer.OnCreated (HERE), registered at HERE: tag `id:\"a\" id:\"b\" priority:\"high\"`, column 8: key id appears twice: drop one\n" +
				"tag `id:\"a\" id:\"b\" priority:\"high\"`, column 24: invalid priority \"high\": write first, last or a whole number"}},
		{"method for Listen", fxevents.Listen((*indexer).OnCreated, `method:"On"`), []string{
			"fxevents_test.indexer.OnCreated (HERE), registered at HERE: the tag names a method, but Listen already has one: drop method from the tag"}},
		{"nil method", fxevents.Listen[*indexer, *created](nil), []string{"the listener registered at HERE: the method is nil"}},
		{"nil constructor", fxevents.AsListener(nil), []string{
			"the listener registered at HERE: AsListener takes a constructor function, not a <nil>: pass a function that returns it"}},
		{"a value", fxevents.AsListener(&notifier{}), []string{
			"the listener registered at HERE: AsListener takes a constructor function, not a *fxevents_test.notifier: pass a function that returns it"}},
		{"the listener itself", fx.Options(fxevents.AsListener(handleCreated), fxevents.AsListener(func(*created) {}), fxevents.AsListener(func() {})), []string{
			"fxevents_test.handleCreated (HERE), registered at HERE: this is the listener itself: return it from a function, and give it an id",
			"fxevents_test.TestProblems.func1 (HERE), registered at HERE: this is the listener itself: return it from a function, and give it an id",
			`fxevents_test.TestProblems.func2 (HERE), registered at HERE: the constructor must return one listener, or a listener and an error, but it is func(): for more, put rollcall.Listener values into the group "event_listener" with fx.Out`}},
		{"nil function", fxevents.AsListener((func() *notifier)(nil)), []string{"the listener registered at HERE: the constructor is nil"}},
		{"annotated constructor", fxevents.AsListener(fx.Annotate(newNotifier)), []string{
			"the listener registered at HERE: AsListener takes a constructor function, not a fx.annotated: pass the constructor itself, and name its parameters with a struct that embeds fx.In"}},
		{"annotated as fx.Annotated", fxevents.AsListener(fx.Annotated{Name: "x", Target: newNotifier}), []string{
			"the listener registered at HERE: AsListener takes a constructor function, not a fx.Annotated: pass the constructor itself, and name its parameters with a struct that embeds fx.In"}},
		{"two results", fxevents.AsListener(twoResults), []string{
			`fxevents_test.twoResults (HERE), registered at HERE: the constructor must return one listener, or a listener and an error, but it is func() (*fxevents_test.notifier, *fxevents_test.mailer): for more, put rollcall.Listener values into the group "event_listener" with fx.Out`}},
		{"fx.Out", fxevents.AsListener(outResult), []string{
			`fxevents_test.outResult (HERE), registered at HERE: the constructor must return one listener, or a listener and an error, but it is func() fxevents_test.result: for more, put rollcall.Listener values into the group "event_listener" with fx.Out`}},
		{"no method", fxevents.AsListener(newMailer), []string{
			"fxevents_test.newMailer (HERE), registered at HERE: *fxevents_test.mailer has no method Handle: add one, or name another by the tag's method key, as method:\"OnCreated\""}},
		{"misspelt method", fxevents.AsListener(newMailer, `method:"OnCraeted"`), []string{
			"fxevents_test.newMailer (HERE), registered at HERE: *fxevents_test.mailer has no method OnCraeted, did you mean OnCreated?"}},
		{"function without ID", fxevents.AsListener(newFunction), []string{
			"fxevents_test.newFunction (HERE), registered at HERE: a listener that is a plain func(*fxevents_test.created) needs an ID: give its tag an id"}},
		{"wrong event", fxevents.AsListener(newNotifier, `event:"recipe.deleted"`), []string{
			"fxevents_test.notifier (HERE) takes *fxevents_test.created, but listens to recipe.deleted, which is a *fxevents_test.deleted (HERE): correct the tag's event or the parameter"}},
		{"misspelt event", fxevents.AsListener(newNotifier, `event:"recipe.craeted"`), []string{
			"fxevents_test.notifier (HERE) listens to recipe.craeted, but no event has that name: did you mean recipe.created? Otherwise declare it, or drop the tag's event to listen to *fxevents_test.created"}},
		{"unknown target", fx.Options(fxevents.AsListener(newAuditor, `after:"fxevents_test.notifer"`), fxevents.AsListener(newNotifier)), []string{
			`fxevents_test.auditor (HERE) must run after fxevents_test.notifer, but no listener has that ID: did you mean fxevents_test.notifier? Write "?fxevents_test.notifer" if it may be absent`}},
		{"invalid plain listener", fx.Supply(fx.Annotated{Group: "event_listener", Target: rollcall.Listener{ID: "x"}}), []string{
			"listener x can't be used: it has no function: make it with rollcall.NewListener"}},
		{"cycle between modules", fx.Options(
			fxevents.AsListener(newNotifier, `before:"fxevents_test.auditor"`),
			fxevents.AsListener(newAuditor, `before:"fxevents_test.notifier"`)), []string{
			"fxevents_test.notifier must run before fxevents_test.auditor (HERE),\nand fxevents_test.auditor must run before fxevents_test.notifier (HERE): drop one of the hints"}},
		{"no method and a subscriber's fields", fxevents.AsListener(func() *subscriber { return nil }, `priority:"1"`), []string{
			"fxevents_test.TestProblems.func3 (HERE), registered at HERE: *fxevents_test.subscriber lists its own subscriptions: drop event, id, method, priority, labels, before, after and async from its tag"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, problemsOf(t, fxevents.Module(), events, provided, tt.option)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type result struct {
	fx.Out
	Notifier *notifier
}

func handleCreated(context.Context, *created) error { return nil }

func twoResults() (*notifier, *mailer) { return nil, nil }
func outResult() result                { return result{} }
func newFunction() func(*created)      { return func(*created) {} }

// All problems of an app come out of fx.New together: of tags, of hints, of
// order files.
func TestAllProblemsTogether(t *testing.T) {
	app := quietly(
		fxevents.Module(
			fxevents.OrderFile(fstest.MapFS{}, "absent.yaml"),
			yaml(`services: { nobody: { tags: [ { name: event_listener, event: recipe.created } ] } }`),
		), events,
		fxevents.AsListener(newNotifier, `prio:"1"`),
		fxevents.AsListener(newMailer, `group:"event_listner" method:"OnCreated"`),
		fx.Provide(newIndexer),
		fxevents.Listen((*indexer).OnCreated, `after:"x"`),
		fxevents.Listen((*indexer).OnDeleted, `after:"fxevents_test.indexer"`),
	)
	err := app.Err()
	var assembly *fxevents.AssemblyError
	if !errors.As(err, &assembly) || len(assembly.Problems) != 6 {
		t.Fatalf("got %v", err)
	}
	if !strings.HasPrefix(err.Error(), "rollcall: 6 problems with the event listeners and lists:\n  - ") {
		t.Errorf("got %v", err)
	}
	for name, found := range map[string]bool{
		"registration": as[*fxevents.RegistrationError](err), "tag": as[*tags.Error](err),
		"order file": as[*fxevents.OrderFileError](err), "unknown target": as[*ordering.UnknownTargetError](err),
		"cycle": as[*ordering.CycleError](err),
	} {
		if !found {
			t.Errorf("no %s error in %v", name, err)
		}
	}
}

func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func TestOneProblemReadsWell(t *testing.T) {
	err := quietly(fxevents.Module(), events, fxevents.AsListener(newNotifier, `after:"x"`)).Err()
	if want := "rollcall: a problem with the event listeners and lists:\n  - fxevents_test.notifier ("; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

// textOf is the error of an application, without the paths and lines of this package.
func textOf(t *testing.T, options ...fx.Option) string {
	t.Helper()
	err := quietly(options...).Err()
	if err == nil {
		t.Fatal("no error")
	}
	return placeOfThisPackage.ReplaceAllString(err.Error(), "HERE")
}

var placeOfThisPackage = regexp.MustCompile(`[\w/.-]*fxevents/\w+_test\.go:\d+`)

// The container refuses an event that is declared twice, and Module twice. Its message
// shows both places, and what to do in the name of a function.
func TestProvidedTwice(t *testing.T) {
	const this = "github.com/rollcall-go/rollcall/fxevents"
	for _, tt := range []struct {
		name string
		got  string
		want []string
	}{
		{"Event", textOf(t, fxevents.Module(), events, fx.Module("again", fxevents.Event[*created]("x"))), []string{
			"declareEachEventOnce", this + "_test.TestProvidedTwice\n\tHERE",
			`cannot provide *rollcall.Emitter[*` + this + `_test.created] from [0]: already provided by "` + this + `_test".init (HERE)`}},
		{"Module", textOf(t, fxevents.Module(), events, fxevents.Module()), []string{
			"passModuleOnce", this + "_test.TestProvidedTwice\n\tHERE",
			`cannot provide *fxevents.Assembly from [0]: already provided by "` + this + `_test".TestProvidedTwice (HERE)`}},
	} {
		for _, want := range tt.want {
			if !strings.Contains(tt.got, want) {
				t.Errorf("%s: no %q in:\n%s", tt.name, want, tt.got)
			}
		}
	}
}

func TestSameListenerTwice(t *testing.T) {
	got := problemsOf(t, fxevents.Module(), events, fxevents.AsListener(newNotifier),
		fxevents.AsListener(newNotifier, `event:"recipe.created"`))
	want := []string{"fxevents_test.newNotifier (HERE), registered at HERE: its ID fxevents_test.notifier is that of the listener registered at HERE: " +
		"pass all tags in one call of AsListener, drop one call, or give this one another id"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	problems := problemsOf(t, fxevents.Module(), events, fxevents.AsListener(newNotifier, `id:"x"`),
		fx.Provide(newIndexer), fxevents.Listen((*indexer).OnCreated, `id:"x"`))
	if diff := cmp.Diff([]string{"x listens to *fxevents_test.created twice (HERE and HERE): drop one, or give it an ID of its own"}, problems); diff != "" {
		t.Error(diff)
	}
}

// The container's error for a missing component names a function of this package. The
// place of each Listen that needs the component is logged.
func TestMissingComponent(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	want := []string{"ERROR rollcall: HERE: fxevents.Listen needs a *fxevents_test.indexer, which nothing provides: pass its constructor to fx.Provide"}
	listen := fx.Options(fxevents.Listen((*indexer).OnCreated), fxevents.Listen((*shop).Mail))
	fine := fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} })
	for name, tt := range map[string]struct {
		provided fx.Option
		want     []string
	}{
		"missing":               {fine, want},
		"its dependency is":     {fx.Options(fine, fx.Provide(func(*mailer) *indexer { return newIndexer() })), nil},
		"its constructor fails": {fx.Options(fine, fx.Provide(func() (*indexer, error) { return nil, errors.New("no disk") })), nil},
	} {
		logged := newMessages()
		slog.SetDefault(slog.New(logged))
		textOf(t, fxevents.Module(), events, listen, tt.provided)
		for i, text := range *logged.all {
			(*logged.all)[i] = lineOfThisPackage.ReplaceAllString(text, "HERE")
		}
		if diff := cmp.Diff(strings.Join(tt.want, "\n"), strings.Join(*logged.all, "\n")); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// An emitter that is injected although nobody declares the event is an error of the
// container. What to do is logged.
func TestMissingEvent(t *testing.T) {
	logged := newMessages()
	got := textOf(t, fxevents.Module(fxevents.Logger(slog.New(logged))), fx.Invoke(func(*rollcall.Emitter[*created]) {}))
	if !strings.Contains(got, "missing type: *rollcall.Emitter[") {
		t.Errorf("got %s", got)
	}
	want := []string{`ERROR rollcall: no fxevents.Event declares *fxevents_test.created, whose emitter is injected: ` +
		`add fxevents.Event[*fxevents_test.created]("a.name") to the module that defines the type`}
	if diff := cmp.Diff(want, *logged.all); diff != "" {
		t.Error(diff)
	}
}

func TestNothingIsHalfBuilt(t *testing.T) {
	var a *fxevents.Assembly
	app := quietly(fx.Populate(&a), fx.Module("x", fx.Invoke(func(x *fxevents.Assembly) { a = x })), fxevents.Module(), events,
		fxevents.AsListener(newNotifier), fxevents.AsListener(newAuditor, `after:"x"`))
	if app.Err() == nil || a == nil || a.Provider("") != nil {
		t.Errorf("%v: %v", app.Err(), a.Provider(""))
	}
	if err := app.Start(context.Background()); err == nil {
		t.Error("started")
	}
}

// One mistake is told once: not again as what follows from it.
func TestProblemsThatFollowAreNotTold(t *testing.T) {
	for name, option := range map[string]fx.Option{
		"a bad tag keeps its listener":         fxevents.AsListener(newNotifier, `priorty:"first"`),
		"a lost listener is no unknown target": fxevents.AsListener(newMailer, `id:"fxevents_test.notifier" method:"No"`),
		"nor is one of a bad constructor":      fxevents.AsListener(fx.Annotate(newNotifier)),
		"nor is one of no method":              fxevents.Listen[*notifier, *created](nil),
	} {
		problems := problemsOf(t, fxevents.Module(yaml("services: { fxevents_test.notifier: { tags: [ { name: event_listener, event: recipe.created } ] } }")),
			events, option, fxevents.AsListener(newAuditor, `after:"fxevents_test.notifier"`))
		if len(problems) != 1 {
			t.Errorf("%s: %q", name, problems)
		}
	}
}

// What the container could not read never gets there.
func TestBadGroupAndID(t *testing.T) {
	got := problemsOf(t, fxevents.Module(), events, fx.Provide(newIndexer),
		fxevents.Listen((*indexer).OnCreated, `group:"a,b"`), fxevents.AsListener(newNotifier, "id:\"a`b\""))
	want := []string{
		"fxevents_test.indexer.OnCreated (HERE), registered at HERE: tag `group:\"a,b\"`, column 7: a group must not hold a comma or a backquote, or have spaces around it: \"a,b\"",
		"fxevents_test.newNotifier (HERE), registered at HERE: tag `id:\"a`b\"`, column 4: an ID must not hold a backquote: \"a`b\"",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMisspeltGroup(t *testing.T) {
	got := problemsOf(t, fxevents.Module(fxevents.NamedProvider("audit", "audit_listener")), events,
		fxevents.AsListener(newNotifier, `group:"audit_listner"`), fxevents.AsListener(newAuditor, `group:"billing"`))
	want := []string{
		"fxevents_test.newNotifier (HERE), registered at HERE: no provider collects the group audit_listner, did you mean audit_listener?",
		"fxevents_test.newAuditor (HERE), registered at HERE: no provider collects the group billing: give fxevents.Module an fxevents.NamedProvider for it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBadOptions(t *testing.T) {
	got := problemsOf(t, fxevents.Module(nil, fxevents.OrderFile(nil, "x.yaml"), fxevents.NamedProvider("", "g"), fxevents.NamedProvider("a", ""),
		fxevents.NamedProvider("b", "g"), fxevents.NamedProvider("b", "h"), fxevents.NamedProvider("default", "h"), fxevents.NamedProvider("c", "g,flatten")), events)
	want := []string{
		`fxevents.NamedProvider("", "g") at HERE: a further provider needs a name and a group`,
		`fxevents.NamedProvider("a", "") at HERE: a further provider needs a name and a group`,
		`fxevents.NamedProvider("b", "h") at HERE: there is a provider of that name already`,
		`fxevents.NamedProvider("default", "h") at HERE: that is what reports call the provider without a name`,
		`fxevents.NamedProvider("c", "g,flatten") at HERE: a name or group must not hold a comma or a backquote`,
		`fxevents.OrderFile at HERE: order file x.yaml: the file system is nil`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecoratedToNothing(t *testing.T) {
	err := quietly(fxevents.Module(), events, fx.Decorate(func(rollcall.Dispatcher) rollcall.Dispatcher { return nil })).Err()
	if err == nil || !strings.Contains(err.Error(), "fx.Decorate returned a nil rollcall.Dispatcher") {
		t.Errorf("got %v", err)
	}
}

// A hint in the tag of a ready listener is told with the tag's place.
func TestPlaceOfATagOnAReadyListener(t *testing.T) {
	err := quietly(fxevents.Module(), events,
		fxevents.AsListener(func() rollcall.Listener { return ready }, `before:"nobody"`)).Err()
	if err == nil || !strings.Contains(err.Error(), "ready (fxevents/errors_test.go:") {
		t.Errorf("got %v", err)
	}
}

var ready = rollcall.NewListener[*created]("ready", func(*created) {})

// Problems are told in declared order, whatever order the container gives.
func TestProblemsInDeclaredOrder(t *testing.T) {
	for range 20 {
		got := problemsOf(t, fxevents.Module(), events,
			fxevents.AsListener(newNotifier, `prio:"1"`), fxevents.AsListener(newAuditor, `prio:"2"`))
		if len(got) != 2 || !strings.Contains(got[0], "newNotifier") || !strings.Contains(got[1], "newAuditor") {
			t.Fatalf("got %q", got)
		}
	}
}

// Where the options lack Module, an error says so.
func TestWithoutModule(t *testing.T) {
	collect := fx.Invoke(fx.Annotate(func([]rollcall.Listener) {}, fx.ParamTags(`group:"event_listener"`)))
	for _, option := range []fx.Option{
		fx.Options(fx.Provide(newNotifier), fxevents.Listen((*notifier).Handle), collect),
		fx.Options(fxevents.AsListener(newNotifier), collect),
	} {
		if err := quietly(option).Err(); err == nil || !strings.Contains(err.Error(), "missing type: fxevents.module") {
			t.Error(err)
		}
	}
	open := func() (*transport.Local, error) { return &transport.Local{}, nil }
	for what, option := range map[string]fx.Option{
		"Event":             fxevents.Event[*created]("x"),
		"Receive":           fxevents.Receive(),
		"ReceivedElsewhere": fxevents.ReceivedElsewhere(),
		"Transport":         fxevents.Transport(open),
		"DefaultTransport":  fxevents.DefaultTransport(open),
		"Inbox":             fxevents.Inbox(&transport.Recent{}),
	} {
		want := []string{"fxevents." + what + " at HERE: the application has no fxevents.Module: " +
			"add fxevents.Module() to the options of fx.New, before the modules that declare events"}
		for _, further := range []fx.Option{fx.Options(), fx.Module("shop", fxevents.Event[*deleted]("y"), fxevents.AsListener(newNotifier))} {
			if diff := cmp.Diff(want, problemsOf(t, fx.Module("x", option), further)); diff != "" {
				t.Error(diff)
			}
		}
	}
	early := quietly(fx.Invoke(func(*rollcall.Emitter[*created]) {}), fxevents.Event[*created]("x")).Err()
	if early == nil || !strings.Contains(early.Error(), "the application has no fxevents.Module: add fxevents.Module()") {
		t.Errorf("an emitter that is injected first: got %v", early)
	}
}
