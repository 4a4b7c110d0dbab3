package fxevents_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/transport"
)

// labelled is an application whose listeners have labels.
var labelled = fx.Options(events, fx.Provide(newIndexer),
	fxevents.AsListener(newNotifier, `after:"@index"`),
	fxevents.Listen((*indexer).OnCreated, `labels:"index"`),
	fxevents.Listen((*indexer).OnDeleted),
	fxevents.AsListener(newAuditor, `labels:"audit,pii"`),
)

// clerk handles orders.
type clerk struct{ *journal }

func (c *clerk) Write(ctx context.Context, e *placed) error { return c.call(ctx, "clerk", e.ID) }

func TestLabels(t *testing.T) {
	check(t, "called", emitted(t, fxevents.Module(), labelled), "indexer, notifier, auditor")
	check(t, "called", emitted(t, fxevents.Module(yaml(`
services:
  fxevents_test.auditor:
    tags: [ { name: event_listener, event: fxevents_test.change, labels: index, priority: last } ]`)), labelled), "indexer, auditor, notifier")
}

// A sequence and what is off mean the same in a file and as options.
func TestSequenceAndOff(t *testing.T) {
	for _, c := range []struct{ file, event, kind, entries, want string }{
		{`sequence: { recipe.created: [ fxevents_test.auditor, fxevents_test.notifier ] }`, "recipe.created", "sequence", "fxevents_test.auditor fxevents_test.notifier", "indexer, auditor, notifier"},
		{`sequence: { "*": [ "@pii", fxevents_test.indexer ] }`, "*", "sequence", "@pii fxevents_test.indexer", "auditor, indexer, notifier"},
		{`sequence: { fxevents_test.created: [ fxevents_test.notifier, "@audit" ] }`, "fxevents_test.created", "sequence", "fxevents_test.notifier @audit", "indexer, notifier, auditor"},
		{`sequence: { recipe.created: [ "?nobody", fxevents_test.auditor, "?@none", fxevents_test.indexer ] }`, "recipe.created", "sequence", "?nobody fxevents_test.auditor ?@none fxevents_test.indexer", "auditor, indexer, notifier"},
		{`off: { recipe.created: [ fxevents_test.auditor ] }`, "recipe.created", "off", "fxevents_test.auditor", "indexer, notifier"},
		{`off: { "*": [ "@index", "?nobody" ] }`, "*", "off", "@index ?nobody", "notifier, auditor"},
		{`off: { recipe.deleted: [ fxevents_test.indexer, "@audit" ] }`, "recipe.deleted", "off", "fxevents_test.indexer @audit", "indexer, notifier, auditor"},
	} {
		t.Run(c.file, func(t *testing.T) {
			check(t, "by the file", emitted(t, fxevents.Module(yaml(c.file)), labelled), c.want)
			option := fxevents.Sequence
			if c.kind == "off" {
				option = fxevents.Off
			}
			check(t, "by the option", emitted(t, fxevents.Module(option(c.event, strings.Fields(c.entries)...)), labelled), c.want)
		})
	}
}

// Those of several files and options all hold.
func TestSequencesAddUp(t *testing.T) {
	check(t, "called", emitted(t, fxevents.Module(
		yaml(`sequence: { recipe.created: [ fxevents_test.auditor, fxevents_test.indexer ] }`),
		yaml(`{ sequence: { "*": [ "?x", fxevents_test.auditor ] }, off: { "*": [ fxevents_test.notifier ] } }`),
		fxevents.Sequence("recipe.created", "x", "fxevents_test.auditor"),
	), labelled, fxevents.AsListener(newMailer, `method:"OnCreated" id:"x" priority:"last"`)), "mailer, auditor, indexer")
}

func TestProblemsOfRules(t *testing.T) {
	for _, c := range []struct {
		name   string
		option fxevents.Option
		want   []string
	}{
		{"unknown event", fxevents.Sequence("recipe.craeted", "fxevents_test.auditor"),
			[]string{"fxevents.Sequence at HERE: the application has no event or list recipe.craeted, did you mean recipe.created?"}},
		{"unknown event in a file", yaml("off:\n  recipe.craeted: [ fxevents_test.auditor ]"),
			[]string{"services.yaml:2:3: the application has no event or list recipe.craeted, did you mean recipe.created?"}},
		{"unknown ID", fxevents.Off("recipe.created", "fxevents_test.auditr"),
			[]string{`off (HERE) names fxevents_test.auditr, but no listener has that ID: did you mean fxevents_test.auditor? Write "?fxevents_test.auditr" if it may be absent`}},
		{"unknown label in a file", yaml("sequence: { '*': [ '@adit' ] }"),
			[]string{`a sequence (services.yaml:1) names @adit, but no listener has that label: did you mean @audit? Write "?@adit" if it may be absent`}},
		{"another event's listener", fxevents.Off("recipe.deleted", "fxevents_test.notifier"),
			[]string{`off (HERE) names fxevents_test.notifier on *fxevents_test.deleted, but fxevents_test.notifier (HERE) does not listen to that: drop it, or write "?fxevents_test.notifier" if that is intended`}},
		{"no event", fxevents.Off("", "x"),
			[]string{`fxevents.Off at HERE: it names no event: write an event, a list, or "*" for all`}},
		{"bad entries", fxevents.Sequence("*", "", "a,b", "@"),
			[]string{`fxevents.Sequence at HERE: empty target "": write the ID of a listener`,
				`fxevents.Sequence at HERE: an ID must not hold a comma: "a,b"`,
				`fxevents.Sequence at HERE: empty label "@": write a label after the @`}},
		{"against a hint", fxevents.Sequence("recipe.created", "fxevents_test.notifier", "fxevents_test.indexer"),
			[]string{"fxevents_test.notifier must run after @index (HERE), a label of fxevents_test.indexer (HERE),\n" +
				"and fxevents_test.indexer (HERE) must run after fxevents_test.notifier, by a sequence (HERE): drop one of the hints"}},
		{"a member twice", yaml("sequence: { recipe.created: [ '@pii', fxevents_test.auditor ] }"),
			[]string{"a sequence means fxevents_test.auditor twice (services.yaml:1), also as @pii: drop one of the entries"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problemsOf(t, fxevents.Module(c.option), labelled)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An entry may be in any provider; a rule for all events is not for one of them.
func TestRulesOfSeveralProviders(t *testing.T) {
	var a *fxevents.Assembly
	module := func(options ...fxevents.Option) fx.Option {
		return fx.Options(fxevents.Module(append(options, fxevents.NamedProvider("audit", "audit_listener"))...), labelled,
			fxevents.AsListener(newMailer, `method:"OnCreated" id:"x" group:"audit_listener"`),
			fxevents.AsListener(newMailer, `method:"OnCreated" id:"y" group:"audit_listener"`), fx.Populate(&a))
	}
	if err := quietly(module(fxevents.Sequence("*", "y", "x"), fxevents.Off("recipe.created", "fxevents_test.notifier"))).Err(); err != nil {
		t.Fatal(err)
	}
	check(t, "default", orders(a, ""), "recipe.created: fxevents_test.indexer fxevents_test.auditor\nrecipe.deleted: fxevents_test.indexer fxevents_test.auditor")
	check(t, "audit", orders(a, "audit"), "recipe.created: y x\nrecipe.deleted:")
	want := []string{`off (HERE) names z, but no listener has that ID: correct it, or write "?z" if it may be absent`}
	if diff := cmp.Diff(want, problemsOf(t, module(fxevents.Off("recipe.created", "z")))); diff != "" {
		t.Error(diff)
	}
}

func TestReportOfRules(t *testing.T) {
	var r *inspect.Report
	if err := quietly(fxevents.Module(yaml(`
off: { recipe.created: [ "@index" ] }
sequence: { recipe.created: [ fxevents_test.auditor, fxevents_test.notifier ] }`)), labelled, fx.Populate(&r)).Err(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Write(&text, inspect.Text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"off: fxevents_test.indexer (services.yaml:2, @index)",
		"priority 0 (default), moved down to run after fxevents_test.auditor (services.yaml:3)",
		"after @index has no effect: ",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &text)
		}
	}
}

// Nothing is published for a listener that is off, and nothing received. That its key is
// left alone is a warning.
func TestOffAsynchronous(t *testing.T) {
	var log strings.Builder
	var r *inspect.Report
	app := quietly(fxevents.Module(fxevents.Logger(slog.New(slog.NewTextHandler(&log, nil))), fxevents.Off("order.placed", "copy")),
		fxevents.Event[*placed]("order.placed"), fx.Provide(newJournal),
		fxevents.AsListener(func(j *journal) *clerk { return &clerk{j} }, `id:"copy" event:"order.placed" method:"Write" async:"mail"`),
		fxevents.Receive(), fx.Populate(&r), fx.Provide(func() transport.Transport { return &transport.Local{} }))
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	want := []string{"copy (HERE) is off (HERE), and was the last listener of receiver key mail on order.placed: " +
		"what the broker keeps for that key stays, and grows if another process still publishes it: delete the key's queue or consumer at the broker if nobody needs it"}
	var got []string
	for _, w := range r.Warnings {
		got = append(got, lineOfThisPackage.ReplaceAllString(w, "HERE"))
	}
	if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(log.String(), "copy") {
		t.Errorf("%s\n%s", diff, &log)
	}
}

// A key that Published names is published even if its own listener is off.
func TestOffAndPublished(t *testing.T) {
	broker := &transport.Local{}
	var emitter *rollcall.Emitter[*placed]
	running(t, broker, fx.Options(fxevents.Module(fxevents.Off("order.placed", "copy")),
		fxevents.Event[*placed]("order.placed", fxevents.Published("mail")),
		fx.Provide(newJournal), fxevents.AsListener(func(j *journal) *clerk { return &clerk{j} }, `id:"copy" event:"order.placed" method:"Write" async:"mail"`),
		fxevents.ReceivedElsewhere(), fx.Populate(&emitter)))
	emit(t, emitter, "1")
	var j *journal
	running(t, broker, postOffice(&j))
	if got := j.nextN(t, 1); got != "desk 1" {
		t.Errorf("got %s", got)
	}
}
