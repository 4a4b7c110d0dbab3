package sqlevents_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// The counts of the outbox are those of all instances. What a relay has done is its own.
func TestOutboxStats(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		inner.fails = func(m transport.Message) error {
			if m.Event == "refused" {
				return errTest
			}
			return nil
		}
		var wait atomic.Int64
		o := x.outbox(t, inner, sqlevents.MaxAttempts(2), sqlevents.Retry(func(int) time.Duration { return time.Duration(wait.Load()) }))
		publish(t, o, message("1", "placed"), message("2", "placed"), message("3", "placed"), message("dead", "refused"))
		flush(t, o)
		wait.Store(int64(time.Hour))
		publish(t, o, message("retrying", "refused"))
		got := awaitStats(t, o, func(s transport.OutboxStats) bool { return s.Retrying == 1 })
		if got.Oldest <= 0 || got.Oldest > time.Hour {
			t.Errorf("the oldest is %v", got.Oldest)
		}
		if vacuums := got.Vacuum != nil; vacuums != (x.dialect == sqlevents.PostgreSQL) {
			t.Errorf("that it needs vacuum is %t", vacuums)
		}
		got.Oldest, got.Vacuum = 0, nil
		want := transport.OutboxStats{Backlog: transport.Backlog{Retrying: 1, Dead: 1}, Published: 3, Failed: 3, Buried: 1}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		other, err := x.outbox(t, inner).OutboxStats(t.Context())
		if other.Oldest, other.Vacuum = 0, nil; err != nil || other != (transport.OutboxStats{Backlog: want.Backlog}) {
			t.Errorf("another instance has %+v, %v", other, err)
		}
	})
}

// awaitStats waits until the counts are as wanted.
func awaitStats(t *testing.T, o *sqlevents.Transport, done func(transport.OutboxStats) bool) transport.OutboxStats {
	t.Helper()
	for limit := time.Now().Add(time.Minute); ; {
		s, err := o.OutboxStats(t.Context())
		switch {
		case err != nil:
			t.Fatal(err)
		case done(s):
			return s
		case time.Now().After(limit):
			t.Fatalf("after a minute, the counts are %+v", s)
		}
	}
}

// The backlogs of many receivers are exact, also shortly after each other.
func TestBacklogOfManyReceivers(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		local := &transport.Local{}
		for n := range 50 {
			if err := local.Declare(t.Context(), transport.Subscription{Event: "placed", Key: fmt.Sprint("key", n)}); err != nil {
				t.Fatal(err)
			}
		}
		o := x.outbox(t, local)
		_ = o.Close() // no relay
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			for n := range 1000 {
				m := message(fmt.Sprint(n), "placed")
				if n%2 == 1 {
					m.Key = fmt.Sprint("key", n%50)
				}
				if err := o.Publish(ctx, m); err != nil {
					return err
				}
			}
			return o.Publish(ctx, message("elsewhere", "paid"))
		}); err != nil {
			t.Fatal(err)
		}
		for n := range 50 {
			want := 500 // for all keys
			if n%2 == 1 {
				want += 20
			}
			b, err := o.Backlog(t.Context(), "placed", fmt.Sprint("key", n))
			if err != nil || b.Waiting != want {
				t.Errorf("key %d: %+v, %v, want %d", n, b, err, want)
			}
		}
		if s, err := o.OutboxStats(t.Context()); err != nil || s.Waiting != 1001 {
			t.Errorf("the outbox has %+v, %v", s, err)
		}
		publish(t, o, message("new", "paid"))
		awaitStats(t, o, func(s transport.OutboxStats) bool { return s.Waiting == 1002 })
	})
}
