package sqlevents_test

import (
	"fmt"
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
