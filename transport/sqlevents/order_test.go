package sqlevents_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// committed has the IDs of each order key in the order of the commits.
type committed struct {
	mu   sync.Mutex
	keys map[string][]string
}

// inTransaction publishes a message in a transaction that it commits or rolls back. When
// Publish returns, the transaction has the lock of the key, and keeps it to the end. So
// what is entered before the end is in the order of the commits.
func (c *committed) inTransaction(ctx context.Context, x space, o *sqlevents.Transport, m transport.Message, random *rand.Rand) error {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := o.Publish(o.WithTx(ctx, tx), m); err != nil {
		return err
	}
	if random.IntN(8) == 0 {
		return tx.Rollback()
	}
	c.mu.Lock()
	c.keys[m.OrderKey()] = append(c.keys[m.OrderKey()], m.ID)
	c.mu.Unlock()
	time.Sleep(time.Duration(random.IntN(2000)) * time.Microsecond) // others get later IDs and commit first
	return tx.Commit()
}

// came fails unless what was committed has come, of each key first in the order of the
// commits, and nothing else.
func (c *committed) came(t *testing.T, inner *recorder) {
	t.Helper()
	got, seen := map[string][]string{}, map[string]bool{}
	for _, m := range inner.all() {
		if !seen[m.ID] {
			got[m.OrderKey()] = append(got[m.OrderKey()], m.ID)
		}
		seen[m.ID] = true
	}
	if len(got) != len(c.keys) {
		t.Errorf("of %d keys came messages, committed are %d", len(got), len(c.keys))
	}
	for key, want := range c.keys {
		if !slices.Equal(got[key], want) {
			t.Errorf("of %s came\n%q, committed are\n%q", key, got[key], want)
		}
	}
	t.Logf("%d messages, %d duplicates", len(seen), len(inner.all())-len(seen))
}

// From several instances that come and go, over a broker that fails and is unreachable at
// random, all messages are published, and of each order key in the order of the commits.
func TestOrderByKey(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		var mu sync.Mutex
		chance := rand.New(rand.NewPCG(1, 2))
		inner.fails = func(transport.Message) error {
			mu.Lock()
			defer mu.Unlock()
			switch chance.IntN(60) {
			case 0, 1:
				return errTest
			case 2:
				return &net.OpError{Op: "dial", Err: errors.New("connection refused")}
			}
			return nil
		}
		options := []sqlevents.Option{soon, sqlevents.MaxAttempts(1000), sqlevents.Lease(2 * time.Second)}
		instances := []*sqlevents.Transport{x.outbox(t, inner, options...), x.outbox(t, inner, options...), x.outbox(t, inner, options...)}
		c := &committed{keys: map[string][]string{}}
		var all sync.WaitGroup
		for w := range 3 {
			all.Go(func() {
				random := rand.New(rand.NewPCG(uint64(w), 7))
				for n := range 60 {
					m := keyed(fmt.Sprint(w, "/", n), "placed", fmt.Sprint("key ", random.IntN(5)))
					if err := c.inTransaction(t.Context(), x, instances[w], m, random); err != nil {
						t.Errorf("publishing %s: %v", m.ID, err)
					}
				}
			})
		}
		inner.await(t, 20)
		if err := instances[0].Close(); err != nil { // it still publishes to the database
			t.Error(err)
		}
		x.outbox(t, inner, options...)
		all.Wait()
		flush(t, instances[1])
		c.came(t, inner)
	})
}

// Transactions with several keys in opposite orders do not deadlock.
func TestInTxWithSeveralKeysDoesNotDeadlock(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		var all sync.WaitGroup
		for w := range 4 {
			all.Go(func() {
				random := rand.New(rand.NewPCG(uint64(w), 3))
				for n := range 20 {
					if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
						for _, key := range random.Perm(6) {
							if err := o.Publish(ctx, keyed(fmt.Sprint(w, "/", n, "/", key), "placed", fmt.Sprint(key))); err != nil {
								return err
							}
						}
						return nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		flush(t, o)
		if got := len(inner.ids()); got != 4*20*6 {
			t.Errorf("published are %d", got)
		}
	})
}

// roomy leases do not end while a busy machine renews them.
var roomy = sqlevents.Lease(3 * time.Second)

// Instances share the partitions. One that is closed gives its own to the other.
func TestInstancesShareThePartitions(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		first := x.outbox(t, inner, roomy)
		x.awaitShares(t, "64")
		second := x.outbox(t, inner, roomy)
		x.awaitShares(t, "32 32")
		for n := range 200 {
			publish(t, first, message(fmt.Sprint(n), "placed"))
		}
		inner.await(t, 200)
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		x.awaitShares(t, "64")
		publish(t, second, message("200", "placed"))
		inner.await(t, 201)
		if err := second.Close(); err != nil {
			t.Error(err)
		}
		x.awaitShares(t, "")
		if got := len(inner.all()); got != 201 {
			t.Errorf("%d messages were published for 201", got)
		}
	})
}

// awaitShares waits until the owners have as many partitions as wanted.
func (x space) awaitShares(t *testing.T, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		rows, err := x.db.QueryContext(ctx, "SELECT count(*) FROM "+x.prefix+"leases WHERE owner <> '' GROUP BY owner ORDER BY 1")
		if err != nil {
			t.Fatal(err)
		}
		var shares []string
		for rows.Next() {
			var n string
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			shares = append(shares, n)
		}
		_ = rows.Close()
		if slices.Contains(want, strings.Join(shares, " ")) {
			return
		}
		<-tick.C
		if ctx.Err() != nil {
			t.Fatalf("the shares are %q, want %q", shares, want)
		}
	}
}

// A transaction commits an event behind the page that the relay has read, and another one then
// an event of the same key. The relay begins again before it publishes the second.
func TestEventIsCommittedBehindAPass(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		if x.dialect == sqlevents.SQLite {
			t.Skip("one transaction writes at a time")
		}
		inner, open := newRecorder(), make(chan struct{})
		inner.fails = func(m transport.Message) error {
			if m.OrderKey() == "" {
				<-open
			}
			return nil
		}
		o := x.outbox(t, inner)
		tx, err := x.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if err := o.Publish(o.WithTx(t.Context(), tx), keyed("first", "placed", "a")); err != nil {
			t.Fatal(err)
		}
		var id int64
		var part int
		if err := tx.QueryRowContext(t.Context(), "SELECT id, part FROM "+x.prefix+"outbox").Scan(&id, &part); err != nil {
			t.Fatal(err)
		}
		const backlog = 2000
		x.insertBacklog(t, part, backlog)
		for sqlevents.Passed(o, part) <= id {
			time.Sleep(time.Millisecond)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		publish(t, o, keyed("second", "placed", "a"))
		close(open)
		inner.await(t, backlog+2)
		got := slices.DeleteFunc(inner.ids(), func(id string) bool { return id != "first" && id != "second" })
		if !slices.Equal(got, []string{"first", "second"}) {
			t.Errorf("published in the order %v", got)
		}
	})
}

// insertBacklog inserts messages without an order key into a partition.
func (x space) insertBacklog(t *testing.T, part, n int) {
	t.Helper()
	var tuples []string
	for i := range n {
		tuples = append(tuples, fmt.Sprintf("(%d, 'backlog %d', 'placed', '', '', 'text/plain', '', '{}', 'x')", part, i))
	}
	x.exec(t, "INSERT INTO "+x.prefix+"outbox (part, message_id, event, receiver_key, order_key, content_type, source, headers, body) VALUES "+strings.Join(tuples, ", "))
}

// Many events of one key hold back no other event.
func TestBusyKeyHoldsBackNobodyElse(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner, open := newRecorder(), make(chan struct{})
		inner.fails = func(m transport.Message) error {
			if m.OrderKey() != "" {
				<-open
			}
			return nil
		}
		o := x.outbox(t, inner)
		const busy = 1000
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			for i := range busy {
				if err := o.Publish(ctx, keyed(fmt.Sprint("busy ", i), "placed", "a")); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		const others = 100 // some are in the partition of the key
		for i := range others {
			ctx := t.Context()
			if i%2 == 0 {
				ctx = transport.WithDelay(ctx, 10*time.Millisecond)
			}
			if err := o.Publish(ctx, message(fmt.Sprint("other ", i), "placed")); err != nil {
				t.Fatal(err)
			}
		}
		inner.await(t, others)
		close(open)
		inner.await(t, busy+others)
		for i, id := range slices.DeleteFunc(inner.ids(), func(id string) bool { return strings.HasPrefix(id, "other") }) {
			if want := fmt.Sprint("busy ", i); id != want {
				t.Fatalf("%s was published where %s belongs", id, want)
			}
		}
	})
}
