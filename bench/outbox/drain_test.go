package outbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/bench/turns"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// backlog is how many events of 1 KiB a turn drains.
const backlog = 10_000

// drainer has a backlog in PostgreSQL.
type drainer struct {
	fill  func()        // stores the backlog, and nothing else is left
	drain func() func() // begins to work, and returns when nothing is left; what it returns stops the workers
}

var drainers = map[string]func(*testing.B) drainer{
	"rollcall":            drainRollcall,
	"instances-1":         func(b *testing.B) drainer { return drainTogether(b, 1) },
	"instances-2":         func(b *testing.B) drainer { return drainTogether(b, 2) },
	"instances-4":         func(b *testing.B) drainer { return drainTogether(b, 4) },
	"river-256":           func(b *testing.B) drainer { return drainRiver(b, 256, 100*time.Millisecond) },
	"river-256-1ms":       func(b *testing.B) drainer { return drainRiver(b, 256, time.Millisecond) },
	"river-2000-2ms":      func(b *testing.B) drainer { return drainRiver(b, 2000, 2*time.Millisecond) },
	"river-10000-1ms":     func(b *testing.B) drainer { return drainRiver(b, 10_000, time.Millisecond) },
	"watermill-sql-100":   func(b *testing.B) drainer { return drainWatermill(b, 100) },
	"watermill-sql-1000":  func(b *testing.B) drainer { return drainWatermill(b, 1000) },
	"watermill-sql-10000": func(b *testing.B) drainer { return drainWatermill(b, 10_000) },
}

// BenchmarkDrain compares how long it takes to drain a backlog from PostgreSQL. The others
// are River with workers that do nothing, and the forwarder of watermill-sql, which
// publishes to NATS as the relay does.
func BenchmarkDrain(b *testing.B) {
	for _, pair := range [][2]string{
		{"rollcall", "river-256"},
		{"rollcall", "river-256-1ms"},
		{"rollcall", "river-2000-2ms"},
		{"rollcall", "river-10000-1ms"},
		{"rollcall", "watermill-sql-100"},
		{"rollcall", "watermill-sql-1000"},
		{"instances-2", "instances-1"},
		{"instances-4", "instances-1"},
	} {
		b.Run(pair[0]+"/"+pair[1], func(b *testing.B) {
			var times [2][]time.Duration
			turn := func(i int) func() time.Duration {
				side := drainers[pair[i]](b)
				return func() time.Duration {
					side.fill()
					began := time.Now()
					stop := side.drain()
					took := time.Since(began)
					stop()
					times[i] = append(times[i], took)
					return took
				}
			}
			turns.Compare(b, turn(0), turn(1))
			b.ReportMetric(perSecond(times[0]), "events/s")
			b.ReportMetric(perSecond(times[1]), "other-events/s")
		})
	}
}

// perSecond returns how many events were drained in a second.
func perSecond(times []time.Duration) float64 {
	return backlog / percentile(times, 50).Seconds()
}

// drainRollcall is a relay that starts and publishes to NATS.
func drainRollcall(b *testing.B) drainer {
	x, broker := postgres.open(b, 8), openQuietNATS(b)
	return drainer{
		fill: func() { x.refill(b) },
		drain: func() func() {
			counting := newCounter(broker, backlog)
			o := x.outbox(b, counting)
			<-counting.all
			x.awaitEmpty(b)
			return func() { check(b, o.Close()) }
		},
	}
}

// drainTogether is the relays of instances that share the partitions already.
func drainTogether(b *testing.B, instances int) drainer {
	x, broker := postgres.open(b, 4+4*instances), openQuietNATS(b)
	var all []*sqlevents.Transport
	var g gate
	return drainer{
		fill: func() {
			x.refill(b)
			all, g = nil, gate{newCounter(broker, backlog), make(chan struct{}), &sync.WaitGroup{}}
			g.waiting.Add(instances)
			for range instances {
				all = append(all, x.outbox(b, g, sqlevents.Lease(3*time.Second)))
			}
			x.awaitNone(b, fmt.Sprintf("SELECT 1 FROM (SELECT count(*) AS n FROM %sleases WHERE owner <> '' GROUP BY owner) AS shares HAVING count(*) < %d OR max(n) > %d OR sum(n) < 64", x.prefix, instances, 64/instances))
			g.waiting.Wait()
		},
		drain: func() func() {
			close(g.open)
			<-g.all
			x.awaitEmpty(b)
			return func() {
				for _, o := range all {
					check(b, o.Close())
				}
			}
		},
	}
}

// gate is a broker that can't be reached before it is open.
type gate struct {
	*counter
	open    chan struct{}
	waiting *sync.WaitGroup // for the relays to wait at the gate
}

func (g gate) AwaitConnection(ctx context.Context) error {
	g.waiting.Done()
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// refill stores a backlog, and nothing else is left.
func (x space) refill(b *testing.B) {
	b.Helper()
	x.exec(b, "TRUNCATE "+x.prefix+"outbox")
	x.fill(b, backlog)
	x.exec(b, "VACUUM ANALYZE "+x.prefix+"outbox")
}

func (x space) awaitEmpty(b *testing.B) {
	b.Helper()
	x.awaitNone(b, "SELECT 1 FROM "+x.prefix+"outbox LIMIT 1")
}

// fill stores events of 1 KiB, by an outbox whose relay has ended.
func (x space) fill(b *testing.B, events int) {
	b.Helper()
	o := x.outbox(b, away{})
	check(b, o.Close())
	for left := events; left > 0; left -= 1000 {
		check(b, o.InTx(b.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			for range min(left, 1000) {
				if err := o.Publish(ctx, stamped(0, false)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// counter counts what a transport confirms. Several outboxes may share it.
type counter struct {
	transport.Transport
	left atomic.Int64
	all  chan struct{} // closed when nothing is left
}

func newCounter(t transport.Transport, messages int) *counter {
	c := &counter{Transport: t, all: make(chan struct{})}
	c.left.Store(int64(messages))
	return c
}

func (c *counter) Publish(ctx context.Context, m transport.Message) error {
	if err := c.Transport.Publish(ctx, m); err != nil {
		return err
	}
	if c.left.Add(-1) == 0 {
		close(c.all)
	}
	return nil
}
