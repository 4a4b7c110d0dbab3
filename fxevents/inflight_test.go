package fxevents_test

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

var randomID = regexp.MustCompile(`id=[A-Z2-7]{26} `)

// logOf is what an application logs whose listeners of the key mail do something with
// one event. They may wait until the test closes finish. The time of the bubble passes
// at once.
func logOf(t *testing.T, s transport.Subscription, listener func(ctx context.Context, finish <-chan struct{}) error, test func(t *testing.T, app *fx.App, finish chan<- struct{}, logged *bytes.Buffer)) string {
	t.Helper()
	logger, text := records()
	synctest.Test(t, func(t *testing.T) {
		var emitter *rollcall.Emitter[*placed]
		finish := make(chan struct{})
		app := quietly(fxevents.Module(fxevents.Logger(logger), fxevents.Subscription(s)), fxevents.Event[*placed]("order.placed"), fxevents.Receive(),
			fx.Supply(hook(func(ctx context.Context) error { return listener(ctx, finish) })), fxevents.Listen(hook.OnPlaced, `id:"mail" async:"mail"`), fx.Populate(&emitter),
			fxevents.Transport(func() (*transport.Local, error) { return &transport.Local{}, nil }))
		if err := errors.Join(app.Start(t.Context()), emitter.Emit(t.Context(), &placed{"1"})); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		test(t, app, finish, text)
	})
	return randomID.ReplaceAllString(text.String(), "id=ID ")
}

// hook is a component that listens with a function of the test.
type hook func(context.Context) error

func (h hook) OnPlaced(ctx context.Context, _ *placed) error { return h(ctx) }

func waits(_ context.Context, finish <-chan struct{}) error { <-finish; return nil }

// stopped stops an application that has nothing left to do.
func stopped(t *testing.T, app *fx.App) {
	t.Helper()
	if err := app.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// A listener that hangs is logged after the limit, and again after twice the time.
func TestSlowListener(t *testing.T) {
	for limit, want := range map[time.Duration]string{
		0: `level=WARN msg="listener is still running" event=order.placed key=mail id=ID attempt=1 age=1m0s
level=WARN msg="listener is still running" event=order.placed key=mail id=ID attempt=1 age=2m0s
level=WARN msg="listener is still running" event=order.placed key=mail id=ID attempt=1 age=4m0s
level=WARN msg="listener is still running" event=order.placed key=mail id=ID attempt=1 age=8m0s
`,
		9 * time.Minute: `level=WARN msg="listener is still running" event=order.placed key=mail id=ID attempt=1 age=9m0s
`,
	} {
		got := logOf(t, transport.Subscription{Key: "mail", Slow: limit},
			waits,
			func(t *testing.T, app *fx.App, finish chan<- struct{}, _ *bytes.Buffer) {
				time.Sleep(10 * time.Minute)
				close(finish)
				stopped(t, app)
				time.Sleep(time.Hour)
			})
		if got != want {
			t.Errorf("with the limit %v: %s", limit, cmp.Diff(want, got))
		}
	}
}

// The next limit is that of the event that runs now, and not of one that has ended.
func TestSlowListenerAfterOthers(t *testing.T) {
	attempt := 0
	got := logOf(t, transport.Subscription{Key: "mail", Retry: func(int) time.Duration { return 0 }},
		func(context.Context, <-chan struct{}) error {
			if attempt++; attempt < 3 {
				time.Sleep(40 * time.Second)
				return errors.New("again")
			}
			time.Sleep(70 * time.Second)
			return nil
		},
		func(t *testing.T, app *fx.App, finish chan<- struct{}, _ *bytes.Buffer) {
			time.Sleep(time.Hour)
			stopped(t, app)
		})
	const want = `level=WARN msg="event will be redelivered" event=order.placed key=mail id=ID attempt=1 after=0s reason="listener mail of order.placed: again"
level=WARN msg="event will be redelivered" event=order.placed key=mail id=ID attempt=2 after=0s reason="listener mail of order.placed: again"
level=WARN msg="listener is still running" event=order.placed key=mail id=ID attempt=3 age=1m0s
`
	if got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// The timeout of a subscription ends the listener's context, once for each attempt.
func TestListenerTimeout(t *testing.T) {
	got := logOf(t, transport.Subscription{Key: "mail", Timeout: 10 * time.Second, MaxAttempts: 2, Retry: transport.Backoff},
		func(ctx context.Context, _ <-chan struct{}) error { <-ctx.Done(); return ctx.Err() },
		func(t *testing.T, app *fx.App, finish chan<- struct{}, logged *bytes.Buffer) {
			time.Sleep(time.Hour)
			stopped(t, app)
		})
	const want = `level=WARN msg="event will be redelivered" event=order.placed key=mail id=ID attempt=1 after=1s reason="listener mail of order.placed: context deadline exceeded"
level=ERROR msg="event becomes a dead letter" event=order.placed key=mail id=ID attempt=2 reason="given up after 2 attempts: listener mail of order.placed: context deadline exceeded"
`
	if got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// A stop that runs out of time logs which listeners still run, before it returns.
func TestStopLogsRunningListeners(t *testing.T) {
	got := logOf(t, transport.Subscription{Key: "mail"},
		waits,
		func(t *testing.T, app *fx.App, finish chan<- struct{}, logged *bytes.Buffer) {
			time.Sleep(2 * time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			if err := app.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) ||
				err.Error() != "rollcall: listeners of order.placed by mail are still running; their events will be redelivered: context deadline exceeded" {
				t.Errorf("got %v", err)
			}
			if logged.Len() == 0 || ctx.Err() != nil {
				t.Errorf("when Stop returns, it has logged %q, and the context says %v", logged, ctx.Err())
			}
			close(finish)
		})
	const want = `level=WARN msg="listener did not return before the stop timeout; its event will be redelivered" event=order.placed key=mail id=ID attempt=1 age=16.75s
`
	if got != want {
		t.Error(cmp.Diff(want, got))
	}
}
