package sqlevents_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Leases go by the time of the database, so an instance whose clock is an hour off shares
// the partitions.
func TestClockOfAnInstanceIsOff(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		off := sqlevents.Clock(func() time.Time { return time.Now().Add(time.Hour) })
		o := x.outbox(t, inner, off, roomy)
		x.awaitShares(t, "64")
		x.outbox(t, inner, roomy)
		x.awaitShares(t, "32 32")
		for n := range 100 {
			publish(t, o, keyed(fmt.Sprint(n), "placed", fmt.Sprint(n%10)))
		}
		inner.await(t, 100)
	})
}

// An instance that is busy for longer than its lease loses its partitions to another one.
// What it was publishing is published by the other, in order, and then by itself once more.
func TestInstanceThatStandsStill(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		stuck, release := make(chan struct{}), make(chan struct{})
		var first atomic.Bool
		inner.fails = func(m transport.Message) error {
			if m.ID == "1" && first.CompareAndSwap(false, true) {
				close(stuck)
				<-release
			}
			return nil
		}
		var gate sync.RWMutex
		clock := sqlevents.Clock(func() time.Time {
			gate.RLock()
			defer gate.RUnlock()
			return time.Now()
		})
		o := x.outbox(t, inner, clock, sqlevents.Lease(time.Second))
		x.awaitShares(t, "64")
		publish(t, o, keyed("1", "placed", "a"), keyed("2", "placed", "a"))
		<-stuck
		gate.Lock() // like SIGSTOP: its relay waits for the clock
		resume := sync.OnceFunc(func() { gate.Unlock(); close(release) })
		t.Cleanup(resume)
		x.outbox(t, inner, sqlevents.Lease(time.Second))
		inner.await(t, 2)
		resume()
		flush(t, o)
		if got := inner.ids(); fmt.Sprint(got) != "[1 2]" {
			t.Errorf("published are %v", got)
		}
	})
}

// Of three instances, the clock of one is an hour fast, that of another an hour slow, and
// that of the third stands still for several leases while it works. What was committed
// comes, and of each order key in the order of the commits.
//
// ROLLCALL_LEDGER=1 runs it with 200 keys and 20,400 messages.
func TestOrderByKeyWithWrongClocks(t *testing.T) {
	keys, each := 10, 30
	if os.Getenv("ROLLCALL_LEDGER") == "1" {
		keys, each = 200, 1700
	}
	onEach(t, func(t *testing.T, x space) {
		inner, c := newRecorder(), &committed{keys: map[string][]string{}}
		var stopped atomic.Pointer[time.Time]
		clocks := []func() time.Time{
			func() time.Time { return time.Now().Add(time.Hour) },
			func() time.Time { return time.Now().Add(-time.Hour) },
			func() time.Time {
				if at := stopped.Load(); at != nil {
					return *at
				}
				return time.Now()
			},
		}
		var instances []*sqlevents.Transport
		for _, clock := range clocks {
			instances = append(instances, x.outbox(t, inner, sqlevents.Clock(clock), sqlevents.Lease(time.Second)))
		}
		x.awaitShares(t, "20 22 22", "21 21 22")
		write := func(part int) {
			var all sync.WaitGroup
			for w := range 4 {
				all.Go(func() {
					random := rand.New(rand.NewPCG(uint64(w), 11))
					for n := range each {
						m := keyed(fmt.Sprint(part, "/", w, "/", n), "placed", fmt.Sprint("key ", random.IntN(keys)))
						if err := c.inTransaction(t.Context(), x, instances[w%len(instances)], m, random); err != nil {
							t.Errorf("publishing %s: %v", m.ID, err)
						}
					}
				})
			}
			all.Wait()
		}
		now := time.Now()
		stopped.Store(&now)
		write(1)
		x.awaitShares(t, "32 32") // the others have what the third does not renew, but it goes on
		write(2)
		flush(t, instances[0])
		stopped.Store(nil)
		write(3)
		flush(t, instances[2])
		c.came(t, inner)
	})
}
