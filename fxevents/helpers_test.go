package fxevents_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

type (
	created struct{ log []string }
	deleted struct{ log []string }
	change  interface{ note(string) }
)

func (c *created) note(s string) { c.log = append(c.log, s) }
func (d *deleted) note(s string) { d.log = append(d.log, s) }

// indexer is a component of the application that listens with its methods.
type indexer struct{ name string }

func newIndexer() *indexer { return &indexer{"indexer"} }

func (i *indexer) OnCreated(_ context.Context, c *created) error { c.note(i.name); return nil }
func (i *indexer) Again(_ context.Context, c *created) error     { c.note(i.name + " again"); return nil }
func (i *indexer) OnDeleted(_ context.Context, d *deleted) error { d.note(i.name); return nil }
func (i *indexer) OnChange(_ context.Context, c change) error    { c.note(i.name + " any"); return nil }

// notifier, auditor and mailer are listeners that exist for nothing else.
type (
	notifier struct{}
	auditor  struct{}
	mailer   struct{}
)

func newNotifier() *notifier { return &notifier{} }
func newAuditor() *auditor   { return &auditor{} }
func newMailer() *mailer     { return &mailer{} }

func (*notifier) Handle(_ context.Context, c *created) error { c.note("notifier"); return nil }
func (*auditor) Handle(_ context.Context, c change) error    { c.note("auditor"); return nil }
func (*mailer) OnCreated(c *created)                         { c.note("mailer") }

// quietly is an app without Fx's log.
func quietly(options ...fx.Option) *fx.App {
	return fx.New(append([]fx.Option{fx.NopLogger}, options...)...)
}

// emitted starts an app and tells whom a *created met.
func emitted(t testing.TB, options ...fx.Option) string {
	t.Helper()
	var emitter *rollcall.Emitter[*created]
	app := quietly(append(options, fx.Populate(&emitter))...)
	if err := app.Err(); err != nil {
		t.Fatal(err)
	}
	e := &created{}
	if err := emitter.Emit(context.Background(), e); err != nil {
		t.Fatal(err)
	}
	return strings.Join(e.log, ", ")
}

// orderOf tells the IDs of the first provider's listeners by event.
func orderOf(t testing.TB, options ...fx.Option) string {
	t.Helper()
	var a *fxevents.Assembly
	if err := quietly(append(options, fx.Populate(&a))...).Err(); err != nil {
		t.Fatal(err)
	}
	return orders(a, "")
}

func orders(a *fxevents.Assembly, provider string) string {
	var lines []string
	for _, e := range a.Provider(provider).Events() {
		line := e.Event.String() + ":"
		for _, l := range e.Listeners.All() {
			line += " " + l.ID
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func check(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\ngot  %s\nwant %s", what, got, want)
	}
}

// problemsOf are the problems of an app, without the lines of this package.
func problemsOf(t testing.TB, options ...fx.Option) []string {
	t.Helper()
	err := quietly(options...).Err()
	var assembly *fxevents.AssemblyError
	if !errors.As(err, &assembly) {
		t.Fatalf("got %v, a %T; want an *AssemblyError", err, err)
	}
	var texts []string
	for _, p := range assembly.Problems {
		texts = append(texts, lineOfThisPackage.ReplaceAllString(p.Error(), "HERE"))
	}
	return texts
}

var lineOfThisPackage = regexp.MustCompile(`fxevents/\w+_test\.go:\d+`)

func yaml(content string) fxevents.Option {
	return fxevents.OrderFile(fstest.MapFS{"services.yaml": {Data: []byte(content)}}, "services.yaml")
}

var events = fx.Options(
	fxevents.Event[*created]("recipe.created"),
	fxevents.Event[*deleted]("recipe.deleted"),
)

// unlogged is for tests whose asynchronous listeners fail on purpose.
var unlogged = fxevents.Logger(slog.New(slog.DiscardHandler))
