package fxevents_test

import (
	"context"
	"errors"
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

// messages is a slog.Handler that keeps the levels and messages.
type messages struct {
	slog.Handler
	all *[]string
}

func newMessages() messages { return messages{slog.DiscardHandler, &[]string{}} }

func (messages) Enabled(context.Context, slog.Level) bool { return true }

func (m messages) Handle(_ context.Context, r slog.Record) error {
	*m.all = append(*m.all, r.Level.String()+" "+r.Message)
	return nil
}

// warnedBy returns the warnings of an application, without the lines of this package. It
// checks that they are logged, in its report, and errors with Strict.
func warnedBy(t *testing.T, options ...fx.Option) []string {
	t.Helper()
	logged := newMessages()
	var report *inspect.Report
	local := fx.Provide(func() transport.Transport { return &transport.Local{} })
	err := quietly(append(options, local, fxevents.Module(fxevents.Logger(slog.New(logged))), fx.Populate(&report))...).Err()
	if err != nil {
		t.Fatal(err)
	}
	var records, warnings []string
	for _, w := range report.Warnings {
		records = append(records, "WARN rollcall: "+w)
		warnings = append(warnings, lineOfThisPackage.ReplaceAllString(w, "HERE"))
	}
	if diff := cmp.Diff(records, *logged.all, cmp.Transformer("", func(s []string) string { return strings.Join(s, "\n") })); diff != "" {
		t.Errorf("the report (-) and the log (+) differ:\n%s", diff)
	}
	var strict []string
	err = quietly(append(options, local, fxevents.Module(unlogged, fxevents.Strict()))...).Err()
	if assembly := (*fxevents.AssemblyError)(nil); errors.As(err, &assembly) {
		for _, p := range assembly.Problems {
			strict = append(strict, lineOfThisPackage.ReplaceAllString(p.Error(), "HERE"))
		}
	} else if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(warnings, strict); diff != "" {
		t.Errorf("the warnings (-) and the errors of Strict (+) differ:\n%s", diff)
	}
	return warnings
}

func TestWarnings(t *testing.T) {
	shop := fx.Options(fxevents.Event[*placed]("order.placed"), fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} }))
	mail := fxevents.Listen((*shop_).Mail, `id:"mail" async:"mail"`)
	mial := fxevents.Listen((*shop_).Copy, `id:"copy" async:"mial"`)
	stats := fxevents.Listen((*shop_).Count, `id:"count" async:"stats"`)
	for _, tt := range []struct {
		name    string
		options []fx.Option
		want    []string
	}{
		{"all received", []fx.Option{shop, mail, stats, fxevents.Receive()}, nil},
		{"each received", []fx.Option{shop, mail, stats, fxevents.Receive("mail"), fxevents.Receive("stats")}, nil},
		{"a misspelt key", []fx.Option{shop, mail, mial, fxevents.Receive("mail")}, []string{
			`no Receive takes key mial of copy (HERE), did you mean mail? Otherwise add fxevents.Receive("mial"), or fxevents.ReceivedElsewhere("mial") if another process receives it`}},
		{"another key", []fx.Option{shop, mail, stats, fxevents.Receive("mail")}, []string{
			`no Receive takes key stats of count (HERE): add fxevents.Receive("stats"), or fxevents.ReceivedElsewhere("stats") if another process receives it`}},
		{"another key that is received elsewhere", []fx.Option{shop, mail, stats, fxevents.Receive("mail"), fxevents.ReceivedElsewhere("stats")}, nil},
		{"nothing received", []fx.Option{shop, stats, mail}, []string{
			`no fxevents.Receive takes the receiver keys stats, mail; the first one is that of count (HERE): add fxevents.Receive(), or fxevents.ReceivedElsewhere("stats", "mail") if another process receives them`}},
		{"one key elsewhere", []fx.Option{shop, stats, mail, fxevents.ReceivedElsewhere("stats")}, []string{
			`no fxevents.Receive takes the receiver key mail of mail (HERE): add fxevents.Receive(), or fxevents.ReceivedElsewhere("mail") if another process receives it`}},
		{"all keys elsewhere", []fx.Option{shop, stats, mail, fxevents.ReceivedElsewhere()}, nil},
		{"an undeclared event", []fx.Option{shop, fxevents.Listen((*shop_).Shipped)}, []string{
			"nobody declares the event *fxevents_test.shipped, which fxevents_test.shop (HERE) listens to: declare it with fxevents.Event in the module that emits it"}},
		{"an undeclared event of several listeners", []fx.Option{shop, fxevents.Listen((*shop_).Shipped, `id:"a"`, `id:"b"`, `id:"c"`)}, []string{
			"nobody declares the event *fxevents_test.shipped, which a (HERE) and 2 more listen to: declare it with fxevents.Event in the module that emits it"}},
		{"a misspelt name", []fx.Option{shop, fxevents.Listen((*shop_).Any, `event:"order.palced"`)}, []string{
			"nobody declares the event order.palced, which fxevents_test.shop (HERE) listens to: did you mean order.placed? Otherwise declare it with fxevents.Event in the module that emits it"}},
		{"an interface", []fx.Option{shop, fxevents.AsListener(newAuditor)}, []string{
			"no declared event implements fxevents_test.change, which fxevents_test.auditor (HERE) listens to: declare one with fxevents.Event"}},
		{"an interface of a declared event", []fx.Option{shop, fxevents.Listen((*shop_).Any)}, nil},
		{"optional targets", []fx.Option{shop, fxevents.Listen((*shop_).Audit, `id:"audit"`),
			fxevents.Listen((*shop_).Stock, `id:"stock" after:"?aduit, ?audits, ?metrics" before:"?adit"`)}, []string{
			`stock (HERE) may run before ?adit, but no listener has that ID, so the hint has no effect: did you mean audit?`,
			`stock (HERE) may run after ?aduit, but no listener has that ID, so the hint has no effect: did you mean audit?`,
			`stock (HERE) may run after ?audits, but no listener has that ID, so the hint has no effect: did you mean audit?`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, warnedBy(t, tt.options...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type shop_ = shop // a name that the test's variable does not hide

func TestReceivingNothing(t *testing.T) {
	local := fx.Provide(func() transport.Transport { return &transport.Local{} })
	mail := fx.Options(fxevents.Event[*placed]("order.placed"), fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} }),
		fxevents.Listen((*shop).Mail, `id:"mail" async:"mail"`))
	for _, tt := range []struct {
		name    string
		options []fx.Option
		want    []string
	}{
		{"Receive of all keys", []fx.Option{events, fxevents.Receive()}, []string{
			`fxevents.Receive at HERE: no listener is asynchronous: give a listener's tag a receiver key, as async:"mail", or drop this option`}},
		{"Receive of a key", []fx.Option{events, fxevents.Receive("pdf", "mail")}, []string{
			`fxevents.Receive at HERE: no listener is asynchronous: give a listener's tag a receiver key, as async:"pdf", or drop this option`}},
		{"ReceivedElsewhere", []fx.Option{events, fxevents.ReceivedElsewhere()}, []string{
			`fxevents.ReceivedElsewhere at HERE: no listener is asynchronous: give a listener's tag a receiver key, as async:"mail", or drop this option`}},
		{"ReceivedElsewhere of an unknown key", []fx.Option{mail, local, fxevents.ReceivedElsewhere("mial")}, []string{
			`fxevents.ReceivedElsewhere at HERE: no listener has the receiver key "mial", did you mean mail?`}},
	} {
		if diff := cmp.Diff(tt.want, problemsOf(t, append(tt.options, fxevents.Module())...)); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
}

// An event that is dispatched too early is told even if its caller ignores the error.
func TestDispatchedTooEarly(t *testing.T) {
	careless := func(e *rollcall.Emitter[*created], d rollcall.Dispatcher) *mailer {
		for range 2 {
			_ = e.Emit(context.Background(), &created{})
		}
		_ = d.Dispatch(context.Background(), &deleted{})
		return newMailer()
	}
	got := warnedBy(t, events, fxevents.AsListener(careless, `method:"OnCreated"`))
	const later = ") before the listeners were assembled, so no listener heard it: " +
		"dispatch from a hook of fx.Lifecycle, or from an fx.Invoke that stands after fxevents.Module, not from a constructor"
	want := []string{"an event *fxevents_test.created was dispatched (HERE" + later, "an event *fxevents_test.deleted was dispatched (HERE" + later}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
