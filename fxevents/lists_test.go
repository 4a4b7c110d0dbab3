package fxevents_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/tags"
)

// wrap is what a list of functions holds, such as a middleware.
type wrap func(string) string

func wrapper(name string) wrap { return func(s string) string { return name + "(" + s + ")" } }

func newAuth() wrap                                  { return wrapper("auth") }
func newLogging(*indexer) (wrap, error)              { return wrapper("log"), nil }
func newLimit() func(string) string                  { return wrapper("limit") }
func recovering(s string) string                     { return "recover(" + s + ")" }
func generic[T any]() wrap                           { return wrapper(fmt.Sprintf("%T", *new(T))) }
func newFailing() (wrap, error)                      { return nil, errors.New("no disk") }
func newVariadic(opts ...string) wrap                { return wrapper(fmt.Sprint("variadic", len(opts))) }
func newTwo() (wrap, wrap)                           { return nil, nil }
func newEmitting(*rollcall.Emitter[*created]) closer { return &shutting{"hook"} }

// chained applies a list to a text.
func chained(list []wrap) string {
	text := "x"
	for i := len(list) - 1; i >= 0; i-- {
		text = list[i](text)
	}
	return text
}

// closer is what a list of an interface holds.
type closer interface{ Close() string }

type (
	shutting struct{ name string }
	opening  struct{ name string }
	started  struct{}
)

func (c *shutting) Close() string { return c.name }
func (o opening) Close() string   { return o.name }
func (started) Close() string     { return "started" }

func newShutting() *shutting { return &shutting{"shutting"} }
func newOpening() opening    { return opening{"opening"} }
func newAnyHook() closer     { return started{} }

// table is a member that is a struct.
type table struct{ name string }

var wraps = fxevents.Ordered[wrap]("http.wrap")

// listed is the list of an application that it also consumes.
func listed[T any](t testing.TB, options ...fx.Option) []T {
	t.Helper()
	var list []T
	if err := quietly(append(options, fx.Populate(&list))...).Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestList(t *testing.T) {
	provided := fx.Provide(newIndexer)
	for _, c := range []struct {
		name    string
		options fx.Option
		want    string
	}{
		{"empty", fx.Options(), "x"},
		{"declared order", fx.Options(fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newLogging)), "auth(log(x))"},
		{"a hint", fx.Options(fxevents.Contribute[wrap](newAuth, `after:"fxevents_test.Logging"`), fxevents.Contribute[wrap](newLogging)), "log(auth(x))"},
		{"a priority", fx.Options(fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newLimit, `priority:"first"`)), "limit(auth(x))"},
		{"labels", fx.Options(fxevents.Contribute[wrap](newAuth, `after:"@io"`), fxevents.Contribute[wrap](newLogging, `labels:"io"`), fxevents.Contribute[wrap](newLimit, `labels:"io,x"`)), "log(limit(auth(x)))"},
		{"a value", fx.Options(fxevents.Contribute[wrap](newAuth), fxevents.ContributeValue[wrap](recovering, `before:"fxevents_test.Auth"`)), "recover(auth(x))"},
		{"IDs", fx.Options(
			fxevents.Contribute[wrap](func() wrap { return wrapper("a") }, `id:"a" after:"b"`),
			fxevents.Contribute[wrap](generic[int], `id:"b"`),
			fxevents.ContributeValue(wrapper("c"), `id:"c" before:"b"`)), "c(int(a(x)))"},
		{"a variadic constructor", fxevents.Contribute[wrap](newVariadic), "variadic0(x)"},
		{"parameters of fx.In", fx.Options(fx.Supply(fx.Annotated{Name: "n", Target: "named"}, fx.Annotated{Group: "g", Target: 7}),
			fxevents.Contribute[wrap](func(in struct {
				fx.In
				Name   string  `name:"n"`
				Group  []int   `group:"g"`
				Absent *mailer `optional:"true"`
			}) (wrap, error) {
				return wrapper(fmt.Sprint(in.Name, in.Group, in.Absent == nil)), nil
			}, `id:"in"`)), "named[7] true(x)"},
		{"modules", fx.Options(fx.Module("a", fxevents.Contribute[wrap](newAuth)), fxevents.Contribute[wrap](newLimit), fx.Module("b", fxevents.Contribute[wrap](newLogging))), "limit(auth(log(x)))"},
		{"a private component", fx.Module("a", fx.Provide(func() string { return "secret" }, fx.Private),
			fxevents.Contribute[wrap](func(s string) wrap { return wrapper(s) }, `id:"a"`)), "secret(x)"},
		{"decorated", fx.Options(fxevents.Contribute[wrap](newAuth), fx.Decorate(func(list []wrap) []wrap { return append(list, wrapper("more")) })), "auth(more(x))"},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, "the list", chained(listed[wrap](t, fxevents.Module(), wraps, provided, c.options)), c.want)
		})
	}
}

func TestListOfOtherTypes(t *testing.T) {
	hooks := listed[closer](t, fxevents.Module(), events, fxevents.Ordered[closer]("hooks"),
		fxevents.Contribute[closer](newShutting, `after:"fxevents_test.started"`),
		fxevents.Contribute[closer](newOpening, `priority:"last"`),
		fxevents.Contribute[closer](newAnyHook),
		fxevents.Contribute[closer](newEmitting, `id:"emitting" priority:"first"`))
	var names []string
	for _, h := range hooks {
		names = append(names, h.Close())
	}
	check(t, "of an interface", strings.Join(names, " "), "hook started shutting opening")
	tables := listed[table](t, fxevents.Module(), fxevents.Ordered[table]("tables"),
		fxevents.ContributeValue(table{"b"}, `id:"b" after:"a"`), fxevents.ContributeValue(table{"a"}, `id:"a"`))
	check(t, "of a struct", fmt.Sprint(tables), "[{a} {b}]")
	pointers := listed[*shutting](t, fxevents.Module(), fxevents.Ordered[*shutting]("pointers"), fxevents.Contribute[*shutting](newShutting))
	check(t, "of a pointer", pointers[0].name, "shutting")
	anything := listed[any](t, fxevents.Module(), fxevents.Ordered[any]("anything"), fxevents.AsListener(newAuditor),
		fxevents.Contribute[any](newShutting, `after:"fxevents_test.opening"`), fxevents.Contribute[any](newOpening))
	check(t, "of anything", fmt.Sprintf("%T %T", anything[0], anything[1]), "fxevents_test.opening *fxevents_test.shutting")
}

// All consumers see one slice, which none of them can append to unnoticed.
func TestOneSliceForAll(t *testing.T) {
	var inConstructor []wrap
	type server struct{}
	var list []wrap
	app := quietly(fxevents.Module(fxevents.Off("http.wrap", "fxevents_test.Limit")), wraps,
		fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newLimit), fxevents.ContributeValue[wrap](recovering),
		fx.Provide(func(l []wrap) *server { inConstructor = l; return &server{} }),
		fx.Module("scope", fx.Invoke(func(*server) {})), fx.Populate(&list))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || cap(list) != 2 || &list[0] != &inConstructor[0] {
		t.Errorf("length %d, capacity %d, one slice: %t", len(list), cap(list), &list[0] == &inConstructor[0])
	}
	empty := listed[wrap](t, fxevents.Module(), wraps)
	if empty == nil || len(empty)+cap(empty) != 0 {
		t.Errorf("%#v", empty)
	}
}

// A decorated list is that of its module only.
func TestListDecoratedInAModule(t *testing.T) {
	var inner, outer string
	app := quietly(fxevents.Module(), fx.Module("in", wraps, fxevents.Contribute[wrap](newAuth),
		fx.Decorate(func(list []wrap) []wrap { return nil }), fx.Invoke(func(list []wrap) { inner = chained(list) })),
		fxevents.Contribute[wrap](newLimit), fx.Invoke(func(list []wrap) { outer = chained(list) }))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	check(t, "the lists", inner+" "+outer, "x limit(auth(x))")
}

// A constructor that runs before the assembly, here that of a listener, gets the sorted
// list. If a hint is wrong, the list is complete and in declared order.
func TestListBeforeTheAssembly(t *testing.T) {
	for _, c := range []struct {
		tag  string
		file string
		want string
		fail bool
	}{
		{`after:"fxevents_test.Logging"`, "", "log(auth(x))", false},
		{`after:"@elsewhere"`, "", "auth(log(x))", false},
		{``, `sequence: { http.wrap: [ fxevents_test.Logging, fxevents_test.Auth ] }`, "log(auth(x))", false},
		{`after:"fxevents_test.Logging"`, `services: { fxevents_test.Auth: { tags: [ { name: event_listener, list: http.wrap, priority: first } ] } }`, "auth(log(x))", false},
		{``, `off: { "*": [ fxevents_test.Auth ] }`, "log(x)", false},
		{`after:"nobody,fxevents_test.Logging"`, "", "auth(log(x))", true},
		{`after:"fxevents_test.Logging" before:"fxevents_test.Logging"`, "", "auth(log(x))", true},
		{`id:"fxevents_test.Logging" priority:"-1"`, "", "auth(log(x))", true},
	} {
		t.Run(c.tag+c.file, func(t *testing.T) {
			got := ""
			var file fxevents.Option
			if c.file != "" {
				file = yaml(c.file)
			}
			app := quietly(fxevents.Module(file), events, wraps, fx.Provide(newIndexer),
				fxevents.AsListener(newNotifier, `labels:"elsewhere"`),
				fxevents.Contribute[wrap](newAuth, tags.Tag(c.tag)), fxevents.Contribute[wrap](newLogging),
				fxevents.AsListener(func(list []wrap) *auditor { got = chained(list); return newAuditor() }))
			check(t, "the list", got, c.want)
			if err := app.Err(); (err != nil) != c.fail {
				t.Error(err)
			}
		})
	}
}

func TestListFollowsTheApplication(t *testing.T) {
	app := fx.Options(wraps, events, fx.Provide(newIndexer), fxevents.AsListener(newNotifier),
		fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newLogging, `labels:"io"`), fxevents.Contribute[wrap](newLimit))
	for _, c := range []struct {
		name   string
		option fxevents.Option
		want   string
	}{
		{"sequence", fxevents.Sequence("http.wrap", "fxevents_test.Limit", "@io", "fxevents_test.Auth"), "limit(log(auth(x)))"},
		{"sequence of all", fxevents.Sequence("*", "fxevents_test.notifier", "@io", "fxevents_test.Auth"), "log(auth(limit(x)))"},
		{"off", fxevents.Off("http.wrap", "@io"), "auth(limit(x))"},
		{"off of all", fxevents.Off("*", "fxevents_test.notifier", "fxevents_test.Auth"), "log(limit(x))"},
		{"sequence in the file", yaml(`sequence: { http.wrap: [ "@io", fxevents_test.Auth ] }`), "log(auth(limit(x)))"},
		{"a placement in the file", yaml(`services: { fxevents_test.Limit: { tags: [ { name: event_listener, list: http.wrap, before: "@io" } ] } }`), "auth(limit(log(x)))"},
		{"labels in the file", yaml(`
sequence: { http.wrap: [ "@moved", fxevents_test.Auth ] }
services: { fxevents_test.Limit: { tags: [ { name: event_listener, list: http.wrap, labels: moved } ] } }`), "log(limit(auth(x)))"},
		{"absent in the file", yaml(`services: { nobody: { tags: [ { name: event_listener, list: http.wrap, optional: true } ] } }`), "auth(log(limit(x)))"},
	} {
		t.Run(c.name, func(t *testing.T) {
			check(t, "the list", chained(listed[wrap](t, fxevents.Module(c.option), app)), c.want)
		})
	}
}

func TestListInTheReport(t *testing.T) {
	var report *inspect.Report
	app := quietly(fxevents.Module(
		yaml(`
services: { fxevents_test.Limit: { tags: [ { name: event_listener, list: http.wrap, before: fxevents_test.Auth } ] } }
sequence: { http.wrap: [ fxevents_test.Logging, fxevents_test.Auth ] }`),
		fxevents.Off("http.wrap", "@old"), fxevents.NamedProvider("other", "other")),
		events, fx.Provide(newIndexer), fxevents.AsListener(newNotifier), wraps, fxevents.Ordered[closer]("hooks"),
		fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newLimit, `priority:"3"`),
		fxevents.Contribute[wrap](newLogging, `after:"?fxevents_test.notifier,?nobody" before:"?fxevents_test.recovering"`),
		fxevents.ContributeValue[wrap](recovering, `labels:"old"`), fx.Populate(&report))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := report.Write(&text, inspect.Text); err != nil {
		t.Fatal(err)
	}
	want := `default (event_listener)
  recipe.created  *github.com/rollcall-go/rollcall/fxevents_test.created, declared at HERE
    1  fxevents_test.notifier  priority 0 (default)  HERE
  recipe.deleted  *github.com/rollcall-go/rollcall/fxevents_test.deleted, declared at HERE
    nobody listens
  list http.wrap  github.com/rollcall-go/rollcall/fxevents_test.wrap, declared at HERE
    1  fxevents_test.Limit    before fxevents_test.Auth                                                              HERE
       - services.yaml:2 says before fxevents_test.Auth; the code says priority 3
    2  fxevents_test.Logging  priority 0 (default)                                                                   HERE
       - before ?fxevents_test.recovering has no effect: fxevents_test.recovering is off (HERE, @old)
       - after ?fxevents_test.notifier has no effect: fxevents_test.notifier is not in this list
       - after ?nobody has no effect: nothing in a list has that ID
    3  fxevents_test.Auth     priority 0 (default), moved down to run after fxevents_test.Logging (services.yaml:3)  HERE
    off: fxevents_test.recovering (HERE, @old)
  list hooks  github.com/rollcall-go/rollcall/fxevents_test.closer, declared at HERE
    nobody contributes

other (other)
  recipe.created  *github.com/rollcall-go/rollcall/fxevents_test.created, declared at HERE
    nobody listens
  recipe.deleted  *github.com/rollcall-go/rollcall/fxevents_test.deleted, declared at HERE
    nobody listens
`
	if diff := cmp.Diff(want, lineOfThisPackage.ReplaceAllString(text.String(), "HERE")); diff != "" {
		t.Error(diff)
	}
}

// Of equal members, the reason says that declared order decides.
func TestTieInAList(t *testing.T) {
	var report *inspect.Report
	if err := quietly(fxevents.Module(), wraps, fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newLimit), fx.Populate(&report)).Err(); err != nil {
		t.Fatal(err)
	}
	check(t, "the reason", report.Providers[0].Events[0].Listeners[0].Reason, "priority 0 (default), before fxevents_test.Limit as declared")
}

// A constructor that fails is reported by the container, with the constructor's place.
func TestContributionFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		option fx.Option
		want   string
	}{
		{"error", fxevents.Contribute[wrap](newFailing), `received non-nil error from function "github.com/rollcall-go/rollcall/fxevents_test".newFailing`},
		{"missing parameter", fxevents.Contribute[wrap](newLogging), `missing dependencies for function "github.com/rollcall-go/rollcall/fxevents_test".newLogging (`},
		{"ring", fx.Options(fxevents.Ordered[closer]("hooks"), fxevents.Contribute[closer](hookOfWraps), fxevents.Contribute[wrap](wrapOfHooks)),
			`provided by "github.com/rollcall-go/rollcall/fxevents_test".wrapOfHooks (`},
	} {
		err := quietly(fxevents.Module(), wraps, c.option, fx.Invoke(func([]wrap) {})).Err()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: no %q in %v", c.name, c.want, err)
		}
	}
	text := textOf(t, fxevents.Module(), wraps, fxevents.Ordered[closer]("hooks"), fxevents.Contribute[closer](hookOfWraps), fxevents.Contribute[wrap](wrapOfHooks))
	for _, want := range []string{"cycle detected", "hookOfWraps (", "wrapOfHooks ("} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

func hookOfWraps([]wrap) *shutting { return newShutting() }
func wrapOfHooks([]closer) wrap    { return newAuth() }

// A contribution may inject another list, and the emitter of an event.
func TestListOfAList(t *testing.T) {
	list := listed[wrap](t, fxevents.Module(), wraps, fxevents.Ordered[table]("tables"),
		fxevents.Contribute[wrap](func(tables []table) wrap { return wrapper(fmt.Sprint(tables)) }, `id:"tables"`),
		fxevents.ContributeValue(table{"b"}, `id:"b" after:"a"`), fxevents.ContributeValue(table{"a"}, `id:"a"`))
	check(t, "the list", chained(list), "[{a} {b}](x)")
}

// A contribution runs once, however many want it.
func TestContributionRunsOnce(t *testing.T) {
	runs := 0
	quietly(fxevents.Module(), wraps, fxevents.Contribute[wrap](func() wrap { runs++; return newAuth() }, `id:"a"`),
		fx.Invoke(func([]wrap) {}), fx.Invoke(func(*fxevents.Assembly, []wrap) {}))
	if runs != 1 {
		t.Errorf("%d runs", runs)
	}
}

// Listeners of an interface hear nothing of a list.
func TestListAndListenersOfAnything(t *testing.T) {
	heard := 0
	var d rollcall.Dispatcher
	var p rollcall.Provider
	list := listed[wrap](t, fxevents.Module(), wraps, fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newLimit, `after:"fxevents_test.Auth"`),
		fxevents.AsListener(func() func(context.Context, any) error {
			return func(context.Context, any) error { heard++; return nil }
		}, `id:"any"`), fx.Populate(&d, &p))
	if err := d.Dispatch(context.Background(), list); err != nil || heard != 1 {
		t.Errorf("%d heard, %v", heard, err)
	}
	if all := p.(interface{ All() []rollcall.Listener }).All(); len(all) != 1 {
		t.Errorf("%v", all)
	}
}
