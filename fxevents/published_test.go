package fxevents_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/transport"
)

// receipt is what another program makes of an order: it knows the event by its name.
type receipt struct{ ID string }

// desk handles receipts in that program.
type desk struct{ *journal }

func (d *desk) Write(ctx context.Context, r *receipt) error { return d.call(ctx, "desk", r.ID) }

// postOffice is the program.
func postOffice(j **journal) fx.Option {
	return fx.Options(fxevents.Module(), fxevents.Event[*receipt]("order.placed"), fxevents.Receive("mail"),
		fx.Provide(newJournal, func(j *journal) *desk { return &desk{j} }),
		fxevents.Listen((*desk).Write, `async:"mail"`), fx.Populate(j))
}

// publisherOf is a program that listens to nothing.
func publisherOf(emitter **rollcall.Emitter[*placed], options ...fxevents.EventOption) fx.Option {
	return fx.Options(fxevents.Module(), fxevents.Event[*placed]("order.placed", options...), fx.Populate(emitter))
}

func emit(t *testing.T, emitter *rollcall.Emitter[*placed], ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := emitter.Emit(t.Context(), &placed{id}); err != nil {
			t.Fatal(err)
		}
	}
}

// An event is kept for a named key of a program that starts later and shares no package.
func TestPublishedForAKey(t *testing.T) {
	broker := &transport.Local{}
	var emitter *rollcall.Emitter[*placed]
	var j *journal
	running(t, broker, publisherOf(&emitter, fxevents.Published("mail")))
	emit(t, emitter, "1", "2")
	running(t, broker, postOffice(&j))
	emit(t, emitter, "3")
	if got := j.nextN(t, 3); got != "desk 1, desk 2, desk 3" {
		t.Errorf("got %s", got)
	}
}

// Without keys, an event is for those who are subscribed. That nobody is, is no error.
func TestPublishedForAnybody(t *testing.T) {
	broker := &transport.Local{}
	var emitter *rollcall.Emitter[*placed]
	var j *journal
	running(t, broker, publisherOf(&emitter, fxevents.Published()))
	emit(t, emitter, "1")
	if err := broker.Declare(t.Context(), transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
		t.Fatal(err)
	}
	emit(t, emitter, "2")
	running(t, broker, postOffice(&j))
	if got := j.next(t); got != "desk 2" {
		t.Errorf("got %s", got)
	}
}

// A transport that fails makes the dispatch fail, whoever the event is for.
func TestPublishedFails(t *testing.T) {
	for want, option := range map[string]fxevents.EventOption{
		"publishing order.placed for the receivers of mail: no broker": fxevents.Published("mail"),
		"publishing order.placed: no broker":                           fxevents.Published(),
	} {
		var emitter *rollcall.Emitter[*placed]
		app := quietly(publisherOf(&emitter, option), fx.Provide(func() transport.Transport { return refusing{&transport.Local{}} }))
		if err := app.Err(); err != nil {
			t.Fatal(err)
		}
		if err := emitter.Emit(t.Context(), &placed{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// refusing is a transport that can't publish.
type refusing struct{ *transport.Local }

func (refusing) Publish(context.Context, transport.Message) error { return errors.New("no broker") }

// A process does not receive what it publishes for others, and its own listeners get their
// copies. The report shows all of it.
func TestPublishedBesideListeners(t *testing.T) {
	broker := &transport.Local{}
	var emitter *rollcall.Emitter[*placed]
	var j, post *journal
	var report *inspect.Report
	running(t, broker, publisherOf(&emitter, fxevents.Published("mail", "stats", "mail"), fxevents.Published(), nil), fxevents.Receive(), fx.Populate(&j, &report),
		fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} }),
		fxevents.Listen((*shop).Count, `id:"count" async:"stats"`), fxevents.Listen((*shop).Stock, `id:"stock"`))
	emit(t, emitter, "1")
	if got := j.nextN(t, 2); got != "stock 1, count 1" {
		t.Errorf("the publisher called %s", got)
	}
	running(t, broker, postOffice(&post))
	if got := post.next(t); got != "desk 1" {
		t.Errorf("the other called %s", got)
	}
	var rows []string
	for _, l := range report.Providers[0].Events[0].Listeners {
		rows = append(rows, l.ID+": "+strings.Join(l.Notes(), "; "))
	}
	want := []string{"stock: ", "count: asynchronous, receiver key stats", "fxevents.Published(mail): asynchronous, receiver key mail"}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if len(report.Warnings) > 0 {
		t.Errorf("warned of %q", report.Warnings)
	}
}

// A failed dispatch publishes nothing.
func TestPublishedAfterFailure(t *testing.T) {
	broker := &transport.Local{}
	var emitter *rollcall.Emitter[*placed]
	var j, post *journal
	running(t, broker, publisherOf(&emitter, fxevents.Published("mail")), fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} }),
		fxevents.Listen((*shop).Stock), fx.Populate(&j))
	j.answer = func(string, int) error { return context.Canceled }
	if err := emitter.Emit(t.Context(), &placed{"1"}); err == nil {
		t.Error("no error")
	}
	j.answer = nil
	emit(t, emitter, "2")
	running(t, broker, postOffice(&post))
	if got := post.next(t); got != "desk 2" {
		t.Errorf("got %s", got)
	}
}

func TestPublishedProblems(t *testing.T) {
	local := fx.Provide(func() transport.Transport { return &transport.Local{} })
	const at = "fxevents.Published at HERE: "
	for _, tt := range []struct {
		name  string
		event fx.Option
		want  []string
	}{
		{"no name", fxevents.Event[*placed]("", fxevents.Published("mail")), []string{
			at + "*fxevents_test.placed can't be published without a name: declare it with one"}},
		{"an interface", fxevents.Event[change]("x", fxevents.Published()), []string{
			at + "fxevents_test.change is an interface: declare a concrete type, so that the event can be encoded and decoded"}},
		{"bad keys", fx.Options(fxevents.Event[*placed]("x", fxevents.Published("a b")), fxevents.Event[*shipped]("y", fxevents.Published("")),
			fxevents.Event[receipt]("z", fxevents.Published("*"))), []string{
			at + `the receiver key "a b" can't be used: the key has a space or one of * > /`,
			at + `the receiver key "" can't be used: it is empty`,
			at + `the receiver key "*" can't be used: the key has a space or one of * > /`}},
		{"a bad name", fxevents.Event[*placed]("a b", fxevents.Published("mail")), []string{
			`fxevents.Published(mail) (HERE) is asynchronous, but its event "a b" (HERE) can't be published: the event's name has a space or one of * > /: declare it with another name`}},
		{"nothing in JSON", fxevents.Event[*sealed]("x", fxevents.Published()), []string{
			"fxevents.Published() (HERE) is asynchronous, but its event *fxevents_test.sealed (HERE) would arrive empty, because JSON encodes only exported fields and it has none: " +
				"export some, give it MarshalJSON and UnmarshalJSON, or give fxevents.Module an fxevents.Codec"}},
		{"elsewhere", fx.Options(fxevents.Event[*placed]("x", fxevents.Published("mail")), fxevents.ReceivedElsewhere("mail"), fxevents.Receive()), []string{
			`fxevents.Receive at HERE: no listener is asynchronous: give a listener's tag a receiver key, as async:"mail", or drop this option`}},
	} {
		if diff := cmp.Diff(tt.want, problemsOf(t, fxevents.Module(), local, tt.event)); diff != "" {
			t.Errorf("%s:\n%s", tt.name, diff)
		}
	}
	got := problemsOf(t, fxevents.Module(), fxevents.Event[*placed]("x", fxevents.Published("mail")))
	if len(got) != 1 || !strings.HasPrefix(got[0], "fxevents.Published(mail) (HERE) is asynchronous, but the application has no transport") {
		t.Errorf("no transport: got %q", got)
	}
	if diff := cmp.Diff([]string{"fxevents.Event at HERE: the application has no fxevents.Module: add fxevents.Module() to the options of fx.New, before the modules that declare events"},
		problemsOf(t, fxevents.Event[*placed]("x", fxevents.Published("mail")))); diff != "" {
		t.Error(diff)
	}
}

func TestPublishedWarning(t *testing.T) {
	got := warnedBy(t, fxevents.Event[*placed]("order.placed", fxevents.Published("mial", "pdf")), fxevents.Receive(),
		fx.Provide(newJournal, func(j *journal) *shop { return &shop{j} }), fxevents.Listen((*shop).Mail, `async:"mail"`))
	want := []string{"fxevents.Published at HERE names the receiver key mial, which no listener of this process has: did you mean mail?"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The report says whom an event without keys is for.
func TestPublishedInTheReport(t *testing.T) {
	var report *inspect.Report
	var emitter *rollcall.Emitter[*placed]
	running(t, &transport.Local{}, publisherOf(&emitter, fxevents.Published()), fx.Populate(&report))
	var text strings.Builder
	if err := report.Write(&text, inspect.Text); err != nil {
		t.Fatal(err)
	}
	check(t, "the report", lineOfThisPackage.ReplaceAllString(text.String(), "HERE"), `default (event_listener)
  order.placed  *github.com/rollcall-go/rollcall/fxevents_test.placed, declared at HERE
    1  fxevents.Published()  priority 0 (default)  HERE
       - published for receivers that are subscribed
`)
}
