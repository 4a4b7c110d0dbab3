package transport_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func TestLocalConforms(t *testing.T) {
	transporttest.Run(t, func(*testing.T) transport.Transport { return &transport.Local{} })
}

// A receiver that nobody declared has no dead letters, as at the brokers.
func TestNobodysDeadLetters(t *testing.T) {
	l := &transport.Local{}
	shown, err := l.EachDeadLetter(t.Context(), "order.placed", "nobody", func(transport.DeadLetter) transport.Disposal { return transport.Keep })
	if shown != 0 || err != nil {
		t.Errorf("got %d, %v", shown, err)
	}
}

// The message of a handler that ends its goroutine comes again, and the
// subscription goes on.
func TestHandlerEndsItsGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, s := &transport.Local{}, transport.Subscription{Event: "order.placed", Key: "mail"}
		if err := errors.Join(l.Declare(t.Context(), s), l.Publish(t.Context(), transport.Message{ID: "7", Event: s.Event})); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		attempts := 0
		if err := l.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			if attempts = d.Attempt; attempts == 1 {
				runtime.Goexit()
			}
			stop()
			return transport.Ack()
		}); err != nil || attempts != 2 {
			t.Errorf("%d attempts, %v", attempts, err)
		}
		if err := l.Publish(t.Context(), transport.Message{ID: "8", Event: s.Event}); err != nil {
			t.Fatal(err)
		}
		ctx, stop = context.WithCancel(t.Context())
		s.MaxAttempts = 1
		go func() { synctest.Wait(); stop() }()
		if err := l.Subscribe(ctx, s, func(context.Context, transport.Delivery) transport.Verdict { runtime.Goexit(); return transport.Ack() }); err != nil {
			t.Fatal(err)
		}
		if got := letters(t, l, s.Key); len(got) != 1 || got[0] != " after 1: given up after 1 attempts: the handler ended its goroutine" {
			t.Errorf("got the dead letters %q", got)
		}
	})
}
