package fxevents_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/tags"
)

var app = fx.Options(events, fx.Provide(newIndexer),
	fxevents.Listen((*indexer).OnCreated, `priority:"first"`),
	fxevents.Listen((*indexer).OnDeleted),
	fxevents.AsListener(newNotifier, `after:"fxevents_test.indexer"`),
	fxevents.AsListener(newAuditor),
)

// The file's placement replaces the code's for that listener and event, whole;
// listeners that it does not mention keep their tags.
func TestOrderFileOverrides(t *testing.T) {
	for _, tt := range []struct{ name, file, want string }{
		{"nothing", "services: ~", "indexer, notifier, auditor"},
		{"one listener", `
services:
  fxevents_test.notifier:
    tags: [ { name: event_listener, event: recipe.created, priority: -5 } ]`, "indexer, auditor, notifier"},
		{"to nothing", `
services:
  fxevents_test.indexer:
    tags: [ { name: event_listener, event: recipe.created } ]`, "indexer, notifier, auditor"},
		{"by pkg.Type", `
services:
  fxevents_test.indexer:
    tags: [ { name: event_listener, event: fxevents_test.created, priority: last } ]`, "auditor, indexer, notifier"},
		{"by import path, in a provider of the documented shape", `
services:
  recipes: { synthetic: true, tags: [ listener_provider ] }
  fxevents_test.auditor:
    tags: [ { name: event_listener, event: github.com/rollcall-go/rollcall/fxevents_test.change, before: fxevents_test.notifier } ]`, "indexer, auditor, notifier"},
		{"optional listeners, events and tags", `
services:
  nobody: { optional: true, tags: [ { name: event_listener, event: recipe.created } ] }
  fxevents_test.indexer:
    tags: [ { name: event_listener, event: recipe.moved, optional: true }, { name: other, event: x, optional: true } ]`, "indexer, notifier, auditor"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, "called", emitted(t, fxevents.Module(yaml(tt.file)), app), tt.want)
		})
	}
}

func TestTheLastOrderFileDecides(t *testing.T) {
	first := yaml(`services: { fxevents_test.auditor: { tags: [ { name: event_listener, event: fxevents_test.change, priority: first } ] } }`)
	second := yaml(`services: { fxevents_test.auditor: { tags: [ { name: event_listener, event: fxevents_test.change, priority: last } ] } }`)
	check(t, "called", emitted(t, fxevents.Module(first, second), app), "indexer, notifier, auditor")
	check(t, "called", emitted(t, fxevents.Module(second, first), app), "auditor, indexer, notifier")
}

func TestOrderFileOfAFurtherProvider(t *testing.T) {
	var a *fxevents.Assembly
	if err := quietly(fxevents.Module(fxevents.NamedProvider("audit", "audit_listener"), yaml(`
services:
  audit: { tags: [ { name: listener_provider, listener_tag: audit_listener } ] }
  fxevents_test.auditor: { tags: [ { name: audit_listener, event: fxevents_test.change, priority: first } ] }`)),
		events, fx.Populate(&a),
		fxevents.AsListener(newNotifier, ``, `group:"audit_listener"`),
		fxevents.AsListener(newAuditor, `group:"audit_listener"`, ``)).Err(); err != nil {
		t.Fatal(err)
	}
	check(t, "default", orders(a, ""), "recipe.created: fxevents_test.notifier fxevents_test.auditor\nrecipe.deleted: fxevents_test.auditor")
	check(t, "audit", orders(a, "audit"), "recipe.created: fxevents_test.auditor fxevents_test.notifier\nrecipe.deleted: fxevents_test.auditor")
}

func TestOrderFileProblems(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"syntax", "services: [", []string{"services.yaml:1:1: did not find expected node content"}},
		{"unknown listener", "services: { fxevents_test.notifer: { tags: [ { name: event_listener, event: recipe.created } ] } }",
			[]string{"services.yaml:1:46: the application has no listener fxevents_test.notifer in the group event_listener, did you mean fxevents_test.notifier?"}},
		{"unknown event", "services: { fxevents_test.notifier: { tags: [ { name: event_listener, event: recipe.craeted } ] } }",
			[]string{"services.yaml:1:78: the application has no event recipe.craeted, did you mean recipe.created?"}},
		{"quite another event", "services: { fxevents_test.notifier: { tags: [ { name: event_listener, event: something } ] } }",
			[]string{"services.yaml:1:78: the application has no event something; listener fxevents_test.notifier listens to recipe.created"}},
		{"event that the listener does not hear", "services: { fxevents_test.notifier: { tags: [ { name: event_listener, event: recipe.deleted } ] } }",
			[]string{"services.yaml:1:78: listener fxevents_test.notifier does not listen to recipe.deleted, only to recipe.created: write that, or drop the tag"}},
		{"event that the listener hears as an interface", "services: { fxevents_test.auditor: { tags: [ { name: event_listener, event: recipe.created } ] } }",
			[]string{"services.yaml:1:77: listener fxevents_test.auditor does not listen to recipe.created, only to fxevents_test.change: write that, or drop the tag"}},
		{"unknown group", "services: { p: { tags: [ { name: listener_provider, listener_tag: event_listner } ] }, a: { tags: [ { name: billing, event: x } ] } }",
			[]string{"services.yaml:1:26: provider p collects the tag event_listner, but the application has no provider of that group, did you mean event_listener?",
				"services.yaml:1:101: listener a has the tag billing, but the application has no provider of that group: give fxevents.Module an fxevents.NamedProvider for it"}},
		{"hints", "services:\n  fxevents_test.indexer: { tags: [ { name: event_listener, event: recipe.created, after: fxevents_test.notifier } ] }",
			[]string{"fxevents_test.indexer (HERE) must run after fxevents_test.notifier (services.yaml:2),\nand fxevents_test.notifier must run after fxevents_test.indexer (HERE): drop one of the hints"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, problemsOf(t, fxevents.Module(yaml(tt.file)), app)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type created2 struct{ created }

func TestOrderFileAmbiguousEvent(t *testing.T) {
	pointer, value := func() func(*created2) { return func(*created2) {} }, func() func(created2) { return func(created2) {} }
	got := problemsOf(t, fxevents.Module(yaml("services: { x: { tags: [ { name: event_listener, event: fxevents_test.created2 } ] } }")),
		fxevents.AsListener(pointer, `id:"x"`), fxevents.AsListener(value, `id:"x"`))
	want := []string{"services.yaml:1:57: event fxevents_test.created2 of listener x may be any of " +
		"*github.com/rollcall-go/rollcall/fxevents_test.created2, github.com/rollcall-go/rollcall/fxevents_test.created2: write one of these in full"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, path := range []string{"*github.com/rollcall-go/rollcall/fxevents_test.created2", "github.com/rollcall-go/rollcall/fxevents_test.created2"} {
		var a *fxevents.Assembly
		if err := quietly(fxevents.Module(yaml("services: { x: { tags: [ { name: event_listener, event: '"+path+"', priority: 7 } ] } }")),
			fxevents.AsListener(pointer, `id:"x"`), fxevents.AsListener(value, `id:"x"`), fx.Populate(&a)).Err(); err != nil {
			t.Fatal(err)
		}
		for _, l := range a.Provider("").All() {
			if moved := !l.Placement.Priority.IsZero(); moved != (l.Event.Path() == path) {
				t.Errorf("%s: %v has the priority %v", path, l.Event, l.Placement.Priority)
			}
		}
	}
}

// An event has several spellings, and a file may place a listener for it once.
func TestOrderFilePlacesAListenerTwice(t *testing.T) {
	got := problemsOf(t, fxevents.Module(yaml(`
services:
  fxevents_test.notifier:
    tags:
      - { name: event_listener, event: recipe.created, priority: first }
      - { name: event_listener, event: fxevents_test.created, priority: last }`)), app)
	want := []string{"services.yaml:6:9: listener fxevents_test.notifier listens to recipe.created twice, as recipe.created (line 5) and as fxevents_test.created: drop one tag"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// However code and file call an event, they mean the same.
func TestOrderFileSpellings(t *testing.T) {
	for _, tag := range []tags.Tag{``, `event:"recipe.created"`, `event:"fxevents_test.created"`} {
		for _, text := range []string{"recipe.created", "fxevents_test.created", "github.com/rollcall-go/rollcall/fxevents_test.created"} {
			file := yaml("services: { last: { tags: [ { name: event_listener, event: " + text + ", priority: last } ] } }")
			for name, last := range map[string]fx.Option{
				"its type": fxevents.AsListener(func() func(*created) { return func(c *created) { c.note("last") } }, tag+` id:"last"`),
				"anything": fxevents.AsListener(func() func(any) { return func(e any) { e.(*created).note("last") } }, tag+` id:"last"`),
			} {
				if name == "anything" && tag == "" {
					continue // it listens to every event
				}
				check(t, name+", "+string(tag)+", "+text, emitted(t, fxevents.Module(file), events, last, fxevents.AsListener(newNotifier)), "notifier, last")
			}
		}
	}
}

// The file means every provider of a group.
func TestOrderFileOfTwoProvidersOfOneGroup(t *testing.T) {
	var a *fxevents.Assembly
	if err := quietly(fxevents.Module(fxevents.NamedProvider("a", "g"), fxevents.NamedProvider("b", "g"),
		yaml("services: { fxevents_test.notifier: { tags: [ { name: g, event: recipe.created, priority: last } ] } }")),
		events, fx.Populate(&a), fxevents.AsListener(newNotifier, `group:"g"`), fxevents.AsListener(newAuditor, `group:"g"`)).Err(); err != nil {
		t.Fatal(err)
	}
	check(t, "both", orders(a, "a")+"|"+orders(a, "b"), orders(a, "a")+"|"+orders(a, "a"))
	check(t, "overridden", orders(a, "a"), "recipe.created: fxevents_test.auditor fxevents_test.notifier\nrecipe.deleted: fxevents_test.auditor")
}

// The report has it all: places, reasons, what a file replaced, and what nobody
// declares or hears.
func TestReport(t *testing.T) {
	var early, late *inspect.Report
	app := quietly(fx.Invoke(func(r *inspect.Report) { early = r }),
		fxevents.Module(yaml(`
services:
  fxevents_test.notifier: { tags: [ { name: event_listener, event: recipe.created, after: "?nobody" } ] }
`), fxevents.NamedProvider("audit", "audit_listener")), events,
		fxevents.Event[*quiet]("all.quiet"),
		fxevents.AsListener(newNotifier, `priority:"5"`),
		fxevents.AsListener(newAuditor, `priority:"first"`, `group:"audit_listener"`),
		fxevents.AsListener(func() func(any) { return func(any) {} }, `id:"typo" event:"recipe.craeted"`),
		fx.Populate(&late),
	)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := late.Write(&got, inspect.Text); err != nil {
		t.Fatal(err)
	}
	check(t, "the report", lineOfThisPackage.ReplaceAllString(got.String(), "HERE"), `default (event_listener)
  recipe.created  *github.com/rollcall-go/rollcall/fxevents_test.created, declared at HERE
    1  fxevents_test.auditor   first                 HERE
       - listens to fxevents_test.change
    2  fxevents_test.notifier  priority 0 (default)  HERE
       - services.yaml:3 says after ?nobody; the code says priority 5
       - after ?nobody has no effect: no listener has that ID
  recipe.deleted  *github.com/rollcall-go/rollcall/fxevents_test.deleted, declared at HERE
    1  fxevents_test.auditor  first  HERE
       - listens to fxevents_test.change
  all.quiet  *github.com/rollcall-go/rollcall/fxevents_test.quiet, declared at HERE
    nobody listens
  recipe.craeted
    nobody declares this event
    1  typo  priority 0 (default)  HERE

audit (audit_listener)
  recipe.created  *github.com/rollcall-go/rollcall/fxevents_test.created, declared at HERE
    1  fxevents_test.auditor  priority 0 (default)  HERE
       - listens to fxevents_test.change
  recipe.deleted  *github.com/rollcall-go/rollcall/fxevents_test.deleted, declared at HERE
    1  fxevents_test.auditor  priority 0 (default)  HERE
       - listens to fxevents_test.change
  all.quiet  *github.com/rollcall-go/rollcall/fxevents_test.quiet, declared at HERE
    nobody listens

warning: nobody declares the event recipe.craeted, which typo (HERE) listens to: did you mean recipe.created? Otherwise declare it with fxevents.Event in the module that emits it
`)
	if early != late {
		t.Error("who asked early has another report")
	}
}

// A constructor that injects the report has it filled before the application
// starts.
func TestReportInjectedEarly(t *testing.T) {
	var early *inspect.Report
	app := quietly(fxevents.Module(), events, fxevents.AsListener(func(r *inspect.Report) *notifier {
		early = r
		if len(r.Providers) > 0 {
			t.Error("the report is filled before the listeners are there")
		}
		return newNotifier()
	}))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if len(early.Providers) != 1 || len(early.Providers[0].Events[0].Listeners) != 1 {
		t.Errorf("got %+v", early)
	}
}

// Of two order files, the report tells the code's placement, and for each
// provider its own.
func TestReportOfSeveralOrderFiles(t *testing.T) {
	var r *inspect.Report
	file := func(name, content string) fxevents.Option {
		return fxevents.OrderFile(fstest.MapFS{name: {Data: []byte(content)}}, name)
	}
	app := quietly(fxevents.Module(
		fxevents.NamedProvider("audit", "audit_listener"),
		file("a.yaml", "services: { fxevents_test.notifier: { tags: [ { name: audit_listener, event: recipe.created, priority: 1 } ] } }"),
		file("b.yaml", "services: { fxevents_test.notifier: { tags: [ { name: audit_listener, event: recipe.created, priority: 2 } ] } }"),
		fxevents.OrderFile(fstest.MapFS{"c.yaml": {Data: []byte("services: { x: { tags: [ { name: listener_provider, listener_tag: audit_listener } ] } }")}}, "c.yaml"),
	), events, fxevents.AsListener(newNotifier, `priority:"5"`, `group:"audit_listener" priority:"9"`), fx.Populate(&r))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if l := r.Providers[0].Events[0].Listeners[0]; l.Overridden != nil || l.Placement.Priority != "5" {
		t.Errorf("the first provider has %+v", l)
	}
	if l := r.Providers[1].Events[0].Listeners[0]; l.Overridden == nil || l.Overridden.Priority != "9" || l.Placement.Priority != "2" {
		t.Errorf("the other has %+v", l)
	}
}

// An order file that can't be read is told with the path that was tried, and the place of
// the call.
func TestOrderFileThatIsMissing(t *testing.T) {
	dir := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	const next = "file does not exist: correct the path, which is relative to the root of the file system"
	notThere := strings.ReplaceAll(next, "file does not exist", syscall.ENOENT.Error())
	options := []fxevents.Option{
		fxevents.OrderFile(os.DirFS("."), "absent.yaml"),
		fxevents.OrderFile(os.DirFS(dir), "etc/absent.yaml"),
		fxevents.OrderFile(fstest.MapFS{}, "absent.yaml"),
		fxevents.OrderFile(os.DirFS("."), "./absent.yaml"),
	}
	want := []string{
		"fxevents.OrderFile at HERE: order file absent.yaml: tried " + filepath.Join(here, "absent.yaml") + ": " + notThere,
		"fxevents.OrderFile at HERE: order file etc/absent.yaml: tried " + filepath.Join(dir, "etc", "absent.yaml") + ": " + notThere,
		"fxevents.OrderFile at HERE: order file absent.yaml: tried absent.yaml in a fstest.MapFS: " + next,
		"fxevents.OrderFile at HERE: order file ./absent.yaml: write it relative to the file system, without ./ or a leading /",
	}
	if diff := cmp.Diff(want, problemsOf(t, fxevents.Module(options...), events)); diff != "" {
		t.Error(diff)
	}
	if err := quietly(fxevents.Module(options[0]), events).Err(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
