package fxevents_test

import (
	"bytes"
	"errors"
	"log"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// records is a logger without times, and what it has written.
func records() (*slog.Logger, *bytes.Buffer) {
	var text bytes.Buffer
	return slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})), &text
}

// failing has the key mail fail in every way, and then succeed.
func failing(t *testing.T, options ...fxevents.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		broker := &transport.Local{}
		var j *journal
		options = append(options, fxevents.Policy(rollcall.PassPanics()),
			fxevents.Subscription(transport.Subscription{Key: "mail", MaxAttempts: 3, Retry: transport.Backoff}))
		app := quietly(fxevents.Module(options...), shopModule(), fxevents.Receive("mail"), fxevents.ReceivedElsewhere("stats"), fx.Populate(&j),
			fx.Provide(func() transport.Transport { return broker }))
		good := false
		j.answer = func(_ string, attempt int) error {
			switch {
			case good:
				return nil
			case attempt == 2:
				panic("paper jam")
			}
			return errors.New("closed")
		}
		if err := app.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		publish := func(id, body string) {
			t.Helper()
			err := broker.Publish(t.Context(), transport.Message{ID: id, Event: "order.placed", ContentType: "application/json", Body: []byte(body)})
			if err != nil {
				t.Fatal(err)
			}
		}
		publish("a", `{"ID":"secret"}`)
		j.nextN(t, 3)
		publish("b", `{"ID":7}`)
		synctest.Wait()
		good = true
		publish("c", `{}`)
		j.nextN(t, 2)
		if err := app.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

const failures = `level=WARN msg="event will be redelivered" event=order.placed key=mail id=a attempt=1 after=1s reason="listener mail of order.placed: closed"
level=WARN msg="event will be redelivered" event=order.placed key=mail id=a attempt=2 after=2s reason="the handler panicked: paper jam"
level=ERROR msg="event becomes a dead letter" event=order.placed key=mail id=a attempt=3 reason="given up after 3 attempts: listener mail of order.placed: closed"
level=ERROR msg="event becomes a dead letter" event=order.placed key=mail id=b attempt=1 reason=`

// What becomes of events whose listeners fail is logged.
func TestLogger(t *testing.T) {
	logger, text := records()
	failing(t, fxevents.Logger(logger))
	if got := text.String(); !strings.HasPrefix(got, failures) || strings.Count(got, "\n") != 4 {
		t.Error(cmp.Diff(failures, got))
	}
}

// The default logger is that of the time when it is used.
func TestDefaultLogger(t *testing.T) {
	before, writer, flags := slog.Default(), log.Writer(), log.Flags()
	defer func() { slog.SetDefault(before); log.SetOutput(writer); log.SetFlags(flags) }() // the first changes the others
	for _, options := range [][]fxevents.Option{nil, {fxevents.Logger(nil)}} {
		logger, text := records()
		slog.SetDefault(logger)
		failing(t, options...)
		if got := text.String(); !strings.HasPrefix(got, failures) {
			t.Error(cmp.Diff(failures, got))
		}
	}
}

// A listener may give an event up at once.
func TestDeadListener(t *testing.T) {
	logger, text := records()
	synctest.Test(t, func(t *testing.T) {
		broker := &transport.Local{}
		var j *journal
		var emitter *rollcall.Emitter[*placed]
		app := quietly(fxevents.Module(fxevents.Logger(logger)), shopModule(), fxevents.Receive("mail"), fxevents.ReceivedElsewhere("stats"), fx.Populate(&j, &emitter),
			fx.Provide(func() transport.Transport { return broker }))
		j.answer = func(who string, _ int) error {
			if who == "mail" {
				return transport.Dead(errors.New("the address is invalid"))
			}
			return nil
		}
		if err := errors.Join(app.Start(t.Context()), emitter.Emit(t.Context(), &placed{"1"})); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := app.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		reason := ""
		if n, err := broker.EachDeadLetter(t.Context(), "order.placed", "mail", func(d transport.DeadLetter) transport.Disposal {
			reason = d.Reason
			return transport.Keep
		}); n != 1 || err != nil || reason != "listener mail of order.placed: the address is invalid" {
			t.Errorf("got %d dead letters, the reason %q, and %v", n, reason, err)
		}
	})
	const want = `attempt=1 reason="listener mail of order.placed: the address is invalid"` + "\n"
	if got := text.String(); !strings.HasPrefix(got, `level=ERROR msg="event becomes a dead letter" event=order.placed key=mail id=`) || !strings.HasSuffix(got, want) {
		t.Errorf("got %s", got)
	}
}
