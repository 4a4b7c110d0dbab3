package inspect_test

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-go/rollcall/dispatcher"
	"github.com/rollcall-go/rollcall/inspect"
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
			d := shop(t, dispatcher.Observe(inspect.Log(logger, 1)))
			for _, e := range []any{&placed{stop: true}, &placed{fail: true}, 7} {
				_ = d.Dispatch(context.Background(), e)
			}
			if diff := cmp.Diff(want, log.String()); diff != "" {
				t.Errorf("%v: %s", level, diff)
			}
		})
	}
}

func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

func TestLogSample(t *testing.T) {
	var log bytes.Buffer
	d := dispatcher.New(empty{}, dispatcher.Observe(inspect.Log(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), 10)))
	for range 1000 {
		_ = d.Dispatch(context.Background(), 7)
	}
	if n := bytes.Count(log.Bytes(), []byte("event dispatched")); n == 0 || n > 300 { // a hundred, by chance
		t.Errorf("logged %d of 1000", n)
	}
}
