package fxevents_test

import (
	html "html/template"
	"net/http"
	"strings"
	"testing"
	text "text/template"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
)

// wrapping is a function type that differs from wrap by its name only.
type wrapping func(string) string

func newWrapping() wrapping                    { return wrapping(newAuth()) }
func newNil() wrap                             { return nil }
func newNilShutting() *shutting                { return nil }
func newMethodless() *auditor                  { return nil }
func newPointable() pointable                  { return pointable{} }
func newCleanup() (wrap, func(), error)        { return nil, nil, nil }
func newNothing()                              {}
func wrapOf(inner wrapping) wrapping           { return inner }
func newText() *text.Template                  { return &text.Template{} }
func newHTML() *html.Template                  { return &html.Template{} }
func serve(http.ResponseWriter, *http.Request) {}

type pointable struct{}

// state returns the next state.
type state func(state) state

func same(s state) state { return s }

func (*pointable) Close() string { return "" }

func TestListProblems(t *testing.T) {
	for _, c := range []struct {
		name   string
		option fx.Option
		want   []string
	}{
		{"wrong type", fxevents.Contribute[closer](newMethodless), []string{
			"fxevents_test.newMethodless (HERE), contributed at HERE: it returns *fxevents_test.auditor, which is not a fxevents_test.closer: it has no method Close"}},
		{"wrong pointer", fxevents.Contribute[closer](newPointable), []string{
			"fxevents_test.newPointable (HERE), contributed at HERE: it returns fxevents_test.pointable, which is not a fxevents_test.closer: return a *fxevents_test.pointable"}},
		{"wrong function", fxevents.Contribute[wrap](newWrapping), []string{
			"fxevents_test.newWrapping (HERE), contributed at HERE: it returns fxevents_test.wrapping, which is not a fxevents_test.wrap: convert it to fxevents_test.wrap"}},
		{"no function returned", fxevents.Contribute[wrap](newMailer), []string{
			"fxevents_test.newMailer (HERE), contributed at HERE: it returns *fxevents_test.mailer, which is not a fxevents_test.wrap: return one"}},
		{"same names", fx.Options(fxevents.Ordered[*text.Template]("templates"), fxevents.Contribute[*text.Template](newHTML)), []string{
			"fxevents_test.newHTML (HERE), contributed at HERE: it returns *html/template.Template, which is not a *text/template.Template: return one"}},
		{"no result", fxevents.Contribute[wrap](newNothing), []string{
			"fxevents_test.newNothing (HERE), contributed at HERE: the constructor must return one fxevents_test.wrap, or one and an error, but it is func(): contribute each value by a call of its own"}},
		{"two results", fxevents.Contribute[wrap](newTwo), []string{
			"fxevents_test.newTwo (HERE), contributed at HERE: the constructor must return one fxevents_test.wrap, or one and an error, but it is func() (fxevents_test.wrap, fxevents_test.wrap): contribute each value by a call of its own"}},
		{"three results", fxevents.Contribute[wrap](newCleanup), []string{
			"fxevents_test.newCleanup (HERE), contributed at HERE: the constructor must return one fxevents_test.wrap, or one and an error, but it is func() (fxevents_test.wrap, func(), error): contribute each value by a call of its own"}},
		{"fx.Out", fxevents.Contribute[wrap](outResult), []string{
			"fxevents_test.outResult (HERE), contributed at HERE: the constructor must return one fxevents_test.wrap, or one and an error, but it is func() fxevents_test.result: contribute each value by a call of its own"}},
		{"itself", fxevents.Contribute[wrap](recovering), []string{
			"fxevents_test.recovering (HERE), contributed at HERE: this is a fxevents_test.wrap itself, not a constructor of one: pass it to fxevents.ContributeValue"}},
		{"itself, of its own result", fx.Options(fxevents.Ordered[func(wrapping) wrapping]("wrappings"), fxevents.Contribute[func(wrapping) wrapping](wrapOf)), []string{
			"fxevents_test.wrapOf (HERE), contributed at HERE: this is a func(fxevents_test.wrapping) fxevents_test.wrapping itself, not a constructor of one: pass it to fxevents.ContributeValue"}},
		{"itself, of an interface", fx.Options(fxevents.Ordered[http.Handler]("handlers"), fxevents.Contribute[http.Handler](http.HandlerFunc(serve))), []string{
			"fxevents_test.serve (HERE), contributed at HERE: this is a http.Handler itself, not a constructor of one: pass it to fxevents.ContributeValue"}},
		{"itself, a value", fxevents.Contribute[closer](started{}), []string{
			"the value contributed at HERE: this is a fxevents_test.closer itself, not a constructor of one: pass it to fxevents.ContributeValue"}},
		{"no function", fxevents.Contribute[wrap](3), []string{
			"the value contributed at HERE: Contribute takes a constructor function, not a int: pass a function that returns it"}},
		{"nil", fxevents.Contribute[wrap](nil), []string{
			"the value contributed at HERE: Contribute takes a constructor function, not a <nil>: pass a function that returns it"}},
		{"nil function", fxevents.Contribute[wrap]((func() wrap)(nil)), []string{
			"the value contributed at HERE: the constructor is nil"}},
		{"annotated", fxevents.Contribute[wrap](fx.Annotate(newAuth)), []string{
			"the value contributed at HERE: Contribute takes a constructor function, not a fx.annotated: pass the constructor itself, and name its parameters with a struct that embeds fx.In"}},
		{"nil value", fxevents.ContributeValue[wrap](nil), []string{
			"the value contributed at HERE: the value is a nil fxevents_test.wrap: pass a value"}},
		{"nil interface value", fxevents.ContributeValue[closer](nil), []string{
			"the value contributed at HERE: the value is a nil fxevents_test.closer: pass a value"}},
		{"nil result", fx.Options(fxevents.Contribute[wrap](newNil), fxevents.Contribute[closer](newNilShutting)), []string{
			"fxevents_test.newNil (HERE), contributed at HERE: the value is a nil fxevents_test.wrap: return a value or an error; to leave it out, switch it off with fxevents.Off",
			"fxevents_test.newNilShutting (HERE), contributed at HERE: the value is a nil fxevents_test.closer: return a value or an error; to leave it out, switch it off with fxevents.Off"}},
		{"nil result that others name", fx.Options(fxevents.Contribute[wrap](newNil, `id:"nil"`), fxevents.Contribute[wrap](newAuth, `after:"nil,nobody"`)), []string{
			"fxevents_test.newNil (HERE), contributed at HERE: the value is a nil fxevents_test.wrap: return a value or an error; to leave it out, switch it off with fxevents.Off"}},
		{"itself, and a constructor", fx.Options(fxevents.Ordered[state]("states"), fxevents.Contribute[state](same)), []string{
			"fxevents_test.same (HERE), contributed at HERE: this is a fxevents_test.state itself, not a constructor of one: pass it to fxevents.ContributeValue"}},
		{"undeclared, and named by others", fx.Options(fxevents.ContributeValue(table{"a"}, `id:"a"`), fxevents.Contribute[wrap](newAuth, `after:"a"`)), []string{
			`the value contributed at HERE: nobody declares a list of fxevents_test.table, to which this contributes: add fxevents.Ordered[fxevents_test.table]("a.name") to the module that defines the type`}},
		{"keys", fxevents.Contribute[wrap](newAuth, `event:"a" method:"b" group:"c" async:"d" priorty:"1"`), []string{
			"fxevents_test.newAuth (HERE), contributed at HERE: tag `event:\"a\" method:\"b\" group:\"c\" async:\"d\" priorty:\"1\"`, column 42: unknown key \"priorty\", did you mean priority? The keys are event, id, method, group, priority, labels, before, after, async\nthe tag has the key event, but a contribution goes to the list of its type: drop event from the tag\nthe tag has the key method, but a contribution is a value, not a method: drop method from the tag\nthe tag has the key group, but a list has no group: drop group from the tag\nthe tag has the key async, but nothing in a list is asynchronous: drop async from the tag"}},
		{"two tags", fxevents.Contribute[wrap](newAuth, `id:"a"`, `id:"b"`), []string{
			"fxevents_test.newAuth (HERE), contributed at HERE: it has more than one tag: write one"}},
		{"literal", fxevents.Contribute[wrap](func() wrap { return newAuth() }), []string{
			"fxevents_test.TestListProblems.func1 (HERE), contributed at HERE: a function literal has no name of its own: give its tag an id"}},
		{"literal value", fxevents.ContributeValue[wrap](func(s string) string { return s }), []string{
			"fxevents_test.TestListProblems.func2 (HERE), contributed at HERE: a function literal has no name of its own: give its tag an id"}},
		{"instance", fxevents.Contribute[wrap](generic[int]), []string{
			"fxevents_test.generic (HERE), contributed at HERE: the instances of a generic function share one name: give its tag an id"}},
		{"type without a name", fx.Options(fxevents.Ordered[[]int]("ints"), fxevents.ContributeValue([]int{1})), []string{
			"the value contributed at HERE: its type []int has no name: give its tag an id"}},
		{"duplicate", fx.Options(fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newAuth)), []string{
			"fxevents_test.Auth is contributed to http.wrap twice (HERE and HERE): drop one, or give it an ID of its own"}},
		{"namesakes", fx.Options(fxevents.Ordered[any]("templates"), fxevents.Contribute[any](newText), fxevents.Contribute[any](newHTML)), []string{
			`two types are called template.Template: text/template.Template, contributed at HERE, and html/template.Template, contributed at HERE: give one an ID in its tag, as id:"html/template.Template"`}},
		{"unknown target", fxevents.Contribute[wrap](newAuth, `after:"fxevents_test.Loging"`), []string{
			`fxevents_test.Auth (HERE) must run after fxevents_test.Loging, but nothing in a list has that ID: correct it, or write "?fxevents_test.Loging" if it may be absent`}},
		{"target on another list", fx.Options(fxevents.Contribute[closer](newShutting), fxevents.Contribute[wrap](newAuth, `after:"fxevents_test.shutting"`)), []string{
			`fxevents_test.Auth (HERE) must run after fxevents_test.shutting, but fxevents_test.shutting (HERE) is not in the list http.wrap: drop the hint, or write "?fxevents_test.shutting" if that is intended`}},
		{"target that listens", fx.Options(fxevents.AsListener(newNotifier), fxevents.Contribute[wrap](newAuth, `before:"fxevents_test.notifier"`)), []string{
			`fxevents_test.Auth (HERE) must run before fxevents_test.notifier, but fxevents_test.notifier (HERE) is not in the list http.wrap: drop the hint, or write "?fxevents_test.notifier" if that is intended`}},
		{"target of a listener", fx.Options(fxevents.AsListener(newNotifier, `after:"fxevents_test.Auth"`), fxevents.Contribute[wrap](newAuth)), []string{
			`fxevents_test.notifier (HERE) must run after fxevents_test.Auth on *fxevents_test.created, but fxevents_test.Auth (HERE) does not listen to that: drop the hint, or write "?fxevents_test.Auth" if that is intended`}},
		{"unknown label", fxevents.Contribute[wrap](newAuth, `after:"@io"`), []string{
			`fxevents_test.Auth (HERE) must run after @io, but nothing in a list has that label: correct it, or write "?@io" if it may be absent`}},
		{"cycle", fx.Options(fxevents.Contribute[wrap](newAuth, `after:"fxevents_test.Limit"`), fxevents.Contribute[wrap](newLimit, `after:"fxevents_test.Auth"`)), []string{
			"fxevents_test.Auth must run after fxevents_test.Limit (HERE),\nand fxevents_test.Limit must run after fxevents_test.Auth (HERE): drop one of the hints"}},
		{"with the events' problems", fx.Options(fxevents.Contribute[wrap](newAuth, `after:"nobody"`), fxevents.AsListener(newNotifier, `after:"nobody"`)), []string{
			`fxevents_test.notifier (HERE) must run after nobody, but no listener has that ID: correct it, or write "?nobody" if it may be absent`,
			`fxevents_test.Auth (HERE) must run after nobody, but nothing in a list has that ID: correct it, or write "?nobody" if it may be absent`}},
		{"undeclared", fx.Options(fxevents.Contribute[wrapping](newWrapping), fxevents.Contribute[wrapping](newWrapping)), []string{
			`fxevents_test.newWrapping (HERE), contributed at HERE: nobody declares a list of fxevents_test.wrapping, to which this and 1 more contribute: did you mean http.wrap, the list of fxevents_test.wrap? Otherwise add fxevents.Ordered[fxevents_test.wrapping]("a.name") to the module that defines the type`}},
		{"undeclared, and nothing is near", fxevents.ContributeValue(table{"a"}), []string{
			`the value contributed at HERE: nobody declares a list of fxevents_test.table, to which this contributes: add fxevents.Ordered[fxevents_test.table]("a.name") to the module that defines the type`}},
		{"two of one name", fxevents.Ordered[table]("http.wrap"), []string{
			`fxevents.Ordered("http.wrap") at HERE: the list declared at HERE has that name: give each a name of its own`}},
		{"name of an event", fxevents.Ordered[table]("recipe.created"), []string{
			`fxevents.Ordered("recipe.created") at HERE: the event recipe.created (HERE) has that name: an event and a list can't have one name`}},
		{"name of an event's type", fxevents.Ordered[table]("fxevents_test.created"), []string{
			`fxevents.Ordered("fxevents_test.created") at HERE: the event recipe.created (HERE) has that name: an event and a list can't have one name`}},
		{"no name", fxevents.Ordered[table](""), []string{
			`fxevents.Ordered("") at HERE: a list needs a name: order files and reports call it by that`}},
		{"star", fxevents.Ordered[table]("*"), []string{
			`fxevents.Ordered("*") at HERE: a list can't be named *, which stands for all lists and events: give it another name`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problemsOf(t, fxevents.Module(), events, wraps, fxevents.Ordered[closer]("closers"), c.option)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListProblemsOfTheApplication(t *testing.T) {
	app := fx.Options(events, wraps, fxevents.Ordered[closer]("closers"), fxevents.AsListener(newNotifier),
		fxevents.Contribute[wrap](newAuth), fxevents.Contribute[wrap](newLimit, `after:"fxevents_test.Auth"`), fxevents.Contribute[closer](newShutting))
	listing := func(id, tag string) fxevents.Option {
		return yaml("services: { " + id + ": { tags: [ { name: event_listener, " + tag + " } ] } }")
	}
	for _, c := range []struct {
		name   string
		option fxevents.Option
		want   []string
	}{
		{"unknown list", listing("fxevents_test.Auth", "list: http.warp"), []string{
			"services.yaml:1:73: the application has no list http.warp, did you mean http.wrap?"}},
		{"unknown member", listing("fxevents_test.Atuh", "list: http.wrap"), []string{
			"services.yaml:1:43: nothing in the application's lists has the ID fxevents_test.Atuh, did you mean fxevents_test.Auth?"}},
		{"member of another list", listing("fxevents_test.Auth", "list: closers"), []string{
			"services.yaml:1:73: fxevents_test.Auth is not in the list closers, only in http.wrap: write that, or drop the tag"}},
		{"an event", listing("fxevents_test.notifier", "list: recipe.created"), []string{
			"services.yaml:1:77: recipe.created (HERE) is an event, not a list: write event instead of list"}},
		{"a list", listing("fxevents_test.Auth", "event: http.wrap"), []string{
			"services.yaml:1:74: http.wrap is a list, not an event: write list instead of event"}},
		{"unknown target in the file", listing("fxevents_test.Auth", "list: http.wrap, after: fxevents_test.Limt"), []string{
			`fxevents_test.Auth (services.yaml:1) must run after fxevents_test.Limt, but nothing in a list has that ID: did you mean fxevents_test.Limit? Write "?fxevents_test.Limt" if it may be absent`}},
		{"target in the file that listens", listing("fxevents_test.Auth", "list: http.wrap, after: fxevents_test.notifier"), []string{
			`fxevents_test.Auth (services.yaml:1) must run after fxevents_test.notifier, but fxevents_test.notifier (HERE) is not in the list http.wrap: drop the hint, or write "?fxevents_test.notifier" if that is intended`}},
		{"twice", yaml("services: { fxevents_test.Auth: { tags: [ { name: event_listener, list: http.wrap }, { name: event_listener, list: http.wrap } ] } }"), []string{
			"services.yaml:1:86: fxevents_test.Auth is in the list http.wrap twice, first at services.yaml:1: drop one tag"}},
		{"another tag", yaml("services: { p: { tags: [ { name: listener_provider, listener_tag: x } ] }, fxevents_test.Auth: { tags: [ { name: x, list: http.wrap } ] } }"), []string{
			"services.yaml:1:106: the list http.wrap has the tag event_listener, not x: write that"}},
		{"sequence of an unknown list", fxevents.Sequence("http.warp", "fxevents_test.Auth"), []string{
			"fxevents.Sequence at HERE: the application has no event or list http.warp, did you mean http.wrap?"}},
		{"sequence of an unknown member", fxevents.Sequence("http.wrap", "fxevents_test.Atuh"), []string{
			`a sequence (HERE) names fxevents_test.Atuh, but no listener has that ID: did you mean fxevents_test.Auth? Write "?fxevents_test.Atuh" if it may be absent`}},
		{"sequence of another list's", fxevents.Sequence("http.wrap", "fxevents_test.shutting", "fxevents_test.Auth"), []string{
			`a sequence (HERE) names fxevents_test.shutting, but fxevents_test.shutting (HERE) is not in the list http.wrap: drop it, or write "?fxevents_test.shutting" if that is intended`}},
		{"sequence of a listener", fxevents.Sequence("http.wrap", "fxevents_test.notifier"), []string{
			`a sequence (HERE) names fxevents_test.notifier, but fxevents_test.notifier (HERE) is not in the list http.wrap: drop it, or write "?fxevents_test.notifier" if that is intended`}},
		{"sequence of an event", fxevents.Sequence("recipe.created", "fxevents_test.Auth"), []string{
			`a sequence (HERE) names fxevents_test.Auth on recipe.created, but fxevents_test.Auth (HERE) does not listen to that: drop it, or write "?fxevents_test.Auth" if that is intended`}},
		{"sequence against a hint", fxevents.Sequence("http.wrap", "fxevents_test.Limit", "fxevents_test.Auth"), []string{
			"fxevents_test.Auth (HERE) must run after fxevents_test.Limit, by a sequence (HERE),\nand fxevents_test.Limit must run after fxevents_test.Auth (HERE): drop one of the hints"}},
		{"off of another list", fxevents.Off("closers", "fxevents_test.Auth"), []string{
			`off (HERE) names fxevents_test.Auth, but fxevents_test.Auth (HERE) is not in the list closers: drop it, or write "?fxevents_test.Auth" if that is intended`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problemsOf(t, fxevents.Module(c.option, fxevents.NamedProvider("x", "x")), app)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestListWithoutModule(t *testing.T) {
	text := textOf(t, wraps, fxevents.Contribute[wrap](newAuth))
	check(t, "the error", text[strings.Index(text, "rollcall: a"):], "rollcall: a problem with the event listeners and lists:\n  - fxevents.Ordered at HERE: the application has no fxevents.Module: add fxevents.Module() to the options of fx.New, before the modules that declare events")
}

func TestTwoListsOfOneType(t *testing.T) {
	text := textOf(t, fxevents.Module(), wraps, fx.Module("again", fxevents.Ordered[wrap]("other")))
	const this = "github.com/rollcall-go/rollcall/fxevents"
	for _, want := range []string{"defineOneTypeForEachList", this + "_test.TestTwoListsOfOneType\n\tHERE",
		`cannot provide []fxevents_test.wrap from [0]: already provided by "` + this + `_test".init (HERE)`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}
