package transport_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/rollcall-go/rollcall/transport"
)

// A message that is delivered twice is handled once by each listener, and again
// where that has failed.
func TestOnce(t *testing.T) {
	local, handled := &transport.Local{}, &transport.Recent{Limit: 100}
	var calls []string
	failing := true
	receiver := transport.NewReceiver("mail", func(ctx context.Context, _ map[string]any) error {
		for _, name := range []string{"a", "b"} {
			err := transport.HandleOnce(ctx, handled, name, func(context.Context) error {
				calls = append(calls, name)
				if name == "b" && failing {
					failing = false
					return transport.RefuseFor(0)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := local.Declare(t.Context(), transport.Subscription{Event: "e", Key: "mail"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := local.Publish(t.Context(), transport.Message{ID: "1", Event: "e"}); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() {
			if err := receiver.Receive(ctx, local, "e"); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		stop()
		ended.Wait()
	})
	if got := len(calls); got != 3 || calls[0] != "a" || calls[1] != "b" || calls[2] != "b" {
		t.Errorf("called were %v", calls)
	}
}

// An ID is that of its source.
func TestOnceOfASource(t *testing.T) {
	local, handled := &transport.Local{}, &transport.Recent{Limit: 100}
	s := transport.Subscription{Event: "e", Key: "mail"}
	if err := local.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, m := range []transport.Message{{ID: "1", Source: "/a"}, {ID: "1", Source: "/b"}, {ID: "1", Source: "/a"}, {ID: "1/", Source: "a"}} {
		m.Event = s.Event
		if err := local.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var calls []string
	ctx, stop := context.WithCancel(t.Context())
	deliveries := 0
	receiver := transport.NewReceiver(s.Key, func(ctx context.Context, _ any) error {
		if deliveries++; deliveries == 4 {
			stop()
		}
		d, _ := transport.DeliveryOf(ctx)
		return transport.HandleOnce(ctx, handled, "a", func(context.Context) error { calls = append(calls, d.Source); return nil })
	})
	if err := receiver.Receive(ctx, local, s.Event); err != nil {
		t.Fatal(err)
	}
	if want := []string{"/a", "/b", "a"}; !slices.Equal(calls, want) {
		t.Errorf("handled were those of %q, want %q", calls, want)
	}
}

func TestOnceWithoutDelivery(t *testing.T) {
	calls := 0
	for range 2 {
		if err := transport.HandleOnce(t.Context(), &transport.Recent{Limit: 0}, "a", func(context.Context) error { calls++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 2 {
		t.Errorf("called %d times", calls)
	}
}

func TestRecentForgets(t *testing.T) {
	r := &transport.Recent{Limit: 2}
	calls := map[string]int{}
	for _, id := range []string{"1", "2", "1", "3", "2", "1"} { // 3 drives out 1
		if err := r.Once(t.Context(), id, func(context.Context) error { calls[id]++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if calls["1"] != 2 || calls["2"] != 1 || calls["3"] != 1 {
		t.Errorf("called %v", calls)
	}
}

// What is being handled is not forgotten, however many come meanwhile.
func TestRecentKeepsWhatIsHandled(t *testing.T) {
	r := &transport.Recent{Limit: 1}
	calls := 0
	nothing := func(context.Context) error { return nil }
	err := r.Once(t.Context(), "1", func(ctx context.Context) error {
		calls++
		if err := r.Once(ctx, "2", nothing); err != nil {
			return err
		}
		waits, cancel := context.WithCancel(ctx)
		cancel()
		if err := r.Once(waits, "1", func(context.Context) error { calls++; return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a second call did not wait for the first: %v", err)
		}
		return nil
	})
	if err != nil || calls != 1 {
		t.Errorf("handled %d times, %v", calls, err)
	}
}

// Of calls at the same time one handles; the others wait, and take over where it
// fails or panics.
func TestRecentConcurrently(t *testing.T) {
	for name, first := range map[string]func() error{
		"succeeds": func() error { return nil },
		"fails":    func() error { return errors.New("closed") },
		"panics":   func() error { panic("closed") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &transport.Recent{Limit: 10}
				calls := 0
				finish := make(chan struct{})
				var all sync.WaitGroup
				call := func() {
					defer func() { _ = recover() }()
					_ = r.Once(t.Context(), "1", func(context.Context) error {
						if calls++; calls == 1 {
							<-finish
							return first()
						}
						return nil
					})
				}
				for range 3 {
					all.Go(call)
					synctest.Wait()
				}
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := r.Once(ctx, "1", func(context.Context) error { return nil }); !errors.Is(err, context.Canceled) {
					t.Errorf("a call that may not wait: %v", err)
				}
				close(finish)
				all.Wait()
				want := 1
				if name != "succeeds" {
					want = 2
				}
				if calls != want {
					t.Errorf("called %d times, want %d", calls, want)
				}
			})
		})
	}
}
