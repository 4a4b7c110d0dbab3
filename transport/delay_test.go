package transport_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// The last of several delays counts.
func TestDelayOf(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)
	for name, tt := range map[string]struct {
		ctx   context.Context
		after time.Duration
		until time.Time
	}{
		"none":              {t.Context(), 0, time.Time{}},
		"a delay":           {transport.WithDelay(t.Context(), time.Hour), time.Hour, time.Time{}},
		"a negative delay":  {transport.WithDelay(t.Context(), -time.Hour), 0, time.Time{}},
		"a time":            {transport.At(t.Context(), at), 0, at},
		"a time, a delay":   {transport.WithDelay(transport.At(t.Context(), at), time.Hour), time.Hour, time.Time{}},
		"a delay, a time":   {transport.At(transport.WithDelay(t.Context(), time.Hour), at), 0, at},
		"a delay, none":     {transport.WithDelay(transport.WithDelay(t.Context(), time.Hour), 0), 0, time.Time{}},
		"a time, zero time": {transport.At(transport.At(t.Context(), at), time.Time{}), 0, time.Time{}},
	} {
		if after, until := transport.DelayOf(tt.ctx); after != tt.after || !until.Equal(tt.until) {
			t.Errorf("%s: got %v, %v", name, after, until)
		}
	}
}

// A publisher refuses a delay for a transport of which it does not know that it can delay.
func TestPublisherRefusesADelay(t *testing.T) {
	x := &taken{}
	p := transport.NewPublisher(x)
	for _, ctx := range []context.Context{transport.WithDelay(t.Context(), time.Hour), transport.At(t.Context(), time.Unix(1, 0))} {
		var problem *transport.MessageError
		err := p.Publish(ctx, "paid", &paid{"17"})
		if !errors.As(err, &problem) || !strings.HasSuffix(err.Error(), "its context has a delay, and *transport_test.taken can't delay: "+
			"publish through package sqlevents, or without transport.WithDelay and transport.At") || x.last.ID != "" {
			t.Errorf("got %v, published is %+v", err, x.last)
		}
	}
	if err := p.Publish(transport.WithDelay(t.Context(), 0), "paid", &paid{"17"}); err != nil || x.last.ID == "" {
		t.Errorf("without a delay: %v", err)
	}
}

// A delayed message is overtaken and comes when it is due. Until then it waits, and has no age.
func TestLocalDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &transport.Local{}, transport.Subscription{Event: "placed", Key: "mail"}
		began := time.Now()
		message := func(id string) transport.Message { return transport.Message{ID: id, Event: s.Event} }
		if err := errors.Join(l.Declare(t.Context(), s),
			l.Publish(transport.At(t.Context(), began.Add(2*time.Hour)), message("last")),
			l.Publish(transport.WithDelay(t.Context(), time.Hour), message("delayed")),
			l.Publish(transport.At(t.Context(), began.Add(-time.Hour)), message("first")),
			l.Publish(t.Context(), message("second"))); err != nil {
			t.Fatal(err)
		}
		checkBacklog(t, l, transport.Backlog{Waiting: 4})
		ctx, stop := context.WithCancel(t.Context())
		var got []string
		if err := l.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			got = append(got, d.ID+" "+time.Since(began).String())
			if d.ID == "last" {
				stop()
			}
			return transport.Ack()
		}); err != nil {
			t.Fatal(err)
		}
		if want := "first 0s, second 0s, delayed 1h0m0s, last 2h0m0s"; strings.Join(got, ", ") != want {
			t.Errorf("got %q, want %s", got, want)
		}
		if err := l.Publish(transport.WithDelay(t.Context(), time.Hour), message("late")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Minute)
		checkBacklog(t, l, transport.Backlog{Waiting: 1, Oldest: 30 * time.Minute})
	})
}

func checkBacklog(t *testing.T, l *transport.Local, want transport.Backlog) {
	t.Helper()
	if got, err := l.Backlog(t.Context(), "placed", "mail"); got != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}
