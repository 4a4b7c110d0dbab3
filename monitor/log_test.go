package monitor_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/monitor"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/transport"
)

func TestLog(t *testing.T) {
	for level, want := range map[slog.Level]string{
		slog.LevelDebug: `level=DEBUG msg="listener called" event=order.placed listener=slow duration=10ms
level=DEBUG msg="listener called" event=order.placed listener=moody duration=0s
level=DEBUG msg="event dispatched" event=order.placed duration=10ms called=2 listeners=3 stopped_by=moody
level=DEBUG msg="listener called" event=order.placed listener=slow duration=10ms
level=WARN msg="listener called" event=order.placed listener=moody duration=0s error="listener moody of order.placed: out of <stock>"
level=WARN msg="event dispatched" event=order.placed duration=10ms called=2 listeners=3 error="listener moody of order.placed: out of <stock>"
level=DEBUG msg="event dispatched" event=int duration=0s called=0 listeners=0
`,
		slog.LevelInfo: `level=WARN msg="listener called" event=order.placed listener=moody duration=0s error="listener moody of order.placed: out of <stock>"
level=WARN msg="event dispatched" event=order.placed duration=10ms called=2 listeners=3 error="listener moody of order.placed: out of <stock>"
`,
		slog.LevelError: "",
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level, ReplaceAttr: withoutTime}))
			d := shop(t, rollcall.Observe(monitor.Log(logger, 1)))
			for _, e := range []any{&placed{stop: true}, &placed{fail: true}, 7} {
				_ = d.Dispatch(context.Background(), e)
			}
			if diff := cmp.Diff(want, log.String()); diff != "" {
				t.Errorf("%v: %s", level, diff)
			}
		})
	}
}

// Asynchronous listeners do not count among those to be called.
func TestLogOfAsync(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := rollcall.Declare[*placed]("order.placed")
	e.Publish = func(context.Context, any) error { return nil }
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[*placed]("stock", func(*placed) {}), rollcall.NewListener[*placed]("mail", func(*placed) {}, `async:"k"`),
	}, []rollcall.Declaration{e})
	if err != nil {
		t.Fatal(err)
	}
	if err := rollcall.NewDispatcher(p, rollcall.Observe(monitor.Log(logger, 1))).Dispatch(context.Background(), &placed{}); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "called=1 listeners=1\n") {
		t.Errorf("got %s", got)
	}
}

// A dispatch of a receiver is logged with its delivery.
func TestLogOfDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
		d := shop(t, rollcall.Observe(monitor.Log(logger, 1)))
		broker, done := &transport.Local{}, make(chan struct{})
		r := transport.NewReceiver("mail", func(ctx context.Context, _ *struct{}) error {
			defer close(done)
			return d.Dispatch(ctx, &placed{stop: true})
		})
		if err := broker.Declare(t.Context(), transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
			t.Fatal(err)
		}
		if err := broker.Publish(t.Context(), transport.Message{ID: "7", Event: "order.placed"}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-done; cancel() }()
		if err := r.Receive(ctx, broker, "order.placed"); err != nil {
			t.Fatal(err)
		}
		want := `level=DEBUG msg="listener called" event=order.placed listener=slow duration=10ms id=7 attempt=1
level=DEBUG msg="listener called" event=order.placed listener=moody duration=0s id=7 attempt=1
level=DEBUG msg="event dispatched" event=order.placed duration=10ms called=2 listeners=3 stopped_by=moody id=7 attempt=1
`
		if diff := cmp.Diff(want, log.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func TestLogSample(t *testing.T) {
	var log bytes.Buffer
	d := rollcall.NewDispatcher(empty{}, rollcall.Observe(monitor.Log(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), 10)))
	for range 1000 {
		_ = d.Dispatch(context.Background(), 7)
	}
	if n := bytes.Count(log.Bytes(), []byte("event dispatched")); n == 0 || n > 300 { // about a hundred
		t.Errorf("logged %d of 1000", n)
	}
}

// A listener that was not called is not logged as called.
func TestLogBehindAnObserverThatPanics(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: withoutTime}))
	synctest.Test(t, func(t *testing.T) {
		_ = shop(t, rollcall.Observe(hostileCalling{}), rollcall.Observe(monitor.Log(logger, 1))).Dispatch(context.Background(), &placed{})
	})
	want := `level=WARN msg="event dispatched" event=order.placed duration=0s called=0 listeners=3 error="listener slow of order.placed: panic: an observer"
`
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Error(diff)
	}
}
