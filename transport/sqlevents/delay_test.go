package sqlevents_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// With a delay, a message is published later, also of a transaction. The clock of the
// instance does not matter.
func TestDelay(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		came := map[string]time.Time{}
		var mu sync.Mutex
		inner.fails = func(m transport.Message) error {
			mu.Lock()
			defer mu.Unlock()
			came[m.ID] = time.Now()
			return nil
		}
		o := x.outbox(t, inner, sqlevents.Clock(func() time.Time { return time.Now().Add(time.Hour) }))
		const delay = 500 * time.Millisecond
		began := time.Now()
		ctx := transport.WithDelay(t.Context(), delay)
		err := errors.Join(o.Publish(ctx, message("alone", "placed")), o.Publish(ctx, keyed("with a key", "placed", "a")),
			o.Publish(transport.At(t.Context(), began.Add(delay)), message("at a time", "placed")),
			o.InTx(t.Context(), nil, func(plain context.Context, tx *sql.Tx) error {
				ctx := transport.WithDelay(plain, delay)
				return errors.Join(o.Publish(ctx, message("in a transaction", "placed")), o.Publish(plain, message("at once", "placed")),
					o.Publish(ctx, keyed("with another key", "placed", "b")), o.Publish(transport.At(plain, began.Add(delay)), keyed("at a time with a key", "placed", "c")))
			}),
			o.Publish(transport.At(t.Context(), time.Unix(1, 0)), message("in the past", "placed")))
		if err != nil {
			t.Fatal(err)
		}
		inner.await(t, 8)
		for id, at := range came {
			if early := at.Sub(began) < delay; early && id != "at once" && id != "in the past" {
				t.Errorf("%s came after %v", id, at.Sub(began))
			}
		}
	})
}

// A delayed message holds back later ones of its order key, and only these, from any
// instance.
func TestDelayHoldsBackItsOrderKey(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		publish(t, o, keyed("1", "placed", "a"))
		if err := o.Publish(transport.WithDelay(t.Context(), time.Hour), keyed("2", "placed", "a")); err != nil {
			t.Fatal(err)
		}
		publish(t, o, keyed("3", "placed", "a"))
		for n := range 20 {
			publish(t, o, keyed(fmt.Sprint("other ", n), "placed", fmt.Sprint("other ", n)))
		}
		inner.await(t, 21)
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		second := x.outbox(t, inner) // learns it again
		publish(t, second, keyed("4", "placed", "a"), keyed("last", "placed", "b"))
		inner.await(t, 22)
		if got := inner.ids(); slices.Contains(got, "2") || slices.Contains(got, "3") || slices.Contains(got, "4") {
			t.Errorf("published are %q", got)
		}
		x.exec(t, "UPDATE "+x.prefix+"outbox SET next_attempt = 1 WHERE message_id = '2'") // as if the hour were over
		inner.await(t, 25)
		if got := inner.ids()[22:]; !slices.Equal(got, []string{"2", "3", "4"}) {
			t.Errorf("published are %q", got)
		}
	})
}

// Messages with random delays are published, of each order key in the order of the commits,
// by several instances over a broker that fails at times.
func TestOrderByKeyWithDelays(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		var mu sync.Mutex
		tries := 0
		inner.fails = func(transport.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if tries++; tries%9 == 0 {
				return errTest
			}
			return nil
		}
		options := []sqlevents.Option{soon, sqlevents.MaxAttempts(1000), sqlevents.Lease(2 * time.Second)}
		instances := []*sqlevents.Transport{x.outbox(t, inner, options...), x.outbox(t, inner, options...)}
		for n := range 120 {
			ctx := transport.WithDelay(t.Context(), time.Duration(n%4)*30*time.Millisecond)
			if err := instances[n%2].Publish(ctx, keyed(fmt.Sprintf("%03d", n), "placed", fmt.Sprint(n%5))); err != nil {
				t.Fatal(err)
			}
		}
		inner.await(t, 120)
		last := map[string]string{}
		seen := map[string]bool{}
		for _, m := range inner.all() {
			if m.ID < last[m.OrderKey()] && !seen[m.ID] {
				t.Errorf("%s came after %s", m.ID, last[m.OrderKey()])
			}
			seen[m.ID], last[m.OrderKey()] = true, max(last[m.OrderKey()], m.ID)
		}
	})
}

// More rows than one look finds become due at the same time.
func TestManyAreDueAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		if err := o.InTx(transport.WithDelay(t.Context(), 50*time.Millisecond), nil, func(ctx context.Context, _ *sql.Tx) error {
			for n := range 300 {
				if err := o.Publish(ctx, keyed(fmt.Sprintf("%03d", n), "placed", "a")); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		inner.await(t, 300)
		if got := inner.ids(); !slices.IsSorted(got) {
			t.Errorf("published are %q", got)
		}
	})
}

// A delayed message waits without an age, and does not hold up Flush. When it is due, its
// age counts from then.
func TestBacklogOfDelayed(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		inner.fails = func(m transport.Message) error { return errTest }
		o := x.outbox(t, inner, sqlevents.Retry(func(int) time.Duration { return time.Hour }))
		for _, ctx := range []context.Context{transport.WithDelay(t.Context(), time.Hour), transport.At(t.Context(), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC))} {
			if err := o.Publish(ctx, message("1", "placed")); err != nil {
				t.Fatal(err)
			}
		}
		flush(t, o)
		if s, err := o.OutboxStats(t.Context()); err != nil || s.Backlog != (transport.Backlog{Waiting: 2}) {
			t.Errorf("got %+v, %v", s, err)
		}
		hour := time.Hour.Microseconds()
		x.exec(t, fmt.Sprintf("UPDATE %soutbox SET created = created - %d, next_attempt = next_attempt - %d WHERE next_attempt < %d", x.prefix, 10*hour, 3*hour, time.Now().UnixMicro()+24*hour))
		got := awaitStats(t, o, func(s transport.OutboxStats) bool { return s.Retrying > 0 })
		if got.Oldest < 2*time.Hour || got.Oldest > 3*time.Hour {
			t.Errorf("the oldest is %v", got.Oldest)
		}
	})
}
