package outbox_test

import (
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/bench/turns"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// BenchmarkTaking compares how long four instances and one need to take orders: a row and an
// event in InTx, by eight writers, while the relays publish to NATS.
func BenchmarkTaking(b *testing.B) {
	const writers, each = 8, 250
	taking := func(instances int) func() time.Duration {
		x, broker := postgres.open(b, 16), openQuietNATS(b)
		return func() time.Duration {
			var all []*sqlevents.Transport
			for range instances {
				all = append(all, x.outbox(b, broker))
			}
			check(b, all[0].Flush(b.Context()))
			began := time.Now()
			var taken sync.WaitGroup
			for w := range writers {
				take := takeInTx(x, all[w%instances], nil)
				taken.Go(func() {
					for range each {
						if _, err := take(b.Context(), stamped(0, false)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			taken.Wait()
			took := time.Since(began)
			check(b, all[0].Flush(b.Context()))
			for _, o := range all {
				check(b, o.Close())
			}
			return took
		}
	}
	b.Run("4/1", func(b *testing.B) { turns.Compare(b, taking(4), taking(1)) })
}
