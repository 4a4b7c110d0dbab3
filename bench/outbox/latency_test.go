package outbox_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// rate is how many orders are taken in a second.
const rate = 500

// orders takes an order in a transaction, and publishes a message. It returns when the
// transaction was committed.
type orders func(context.Context, transport.Message) (committed time.Time, err error)

// BenchmarkLatency is the time from the end of a commit to the handler, over NATS.
func BenchmarkLatency(b *testing.B) {
	for _, way := range []struct {
		name string
		over func(x space, o *sqlevents.Transport, broker transport.Transport) orders
	}{
		{"without", takeWithout}, {"intx", takeInTx}, {"withtx", takeWithTx},
	} {
		b.Run(way.name, func(b *testing.B) {
			x, broker := postgres.open(b, 8), openNATS(b)
			s := transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 256}
			check(b, broker.Declare(b.Context(), s))
			o := x.outbox(b, struct{ transport.Transport }{broker})
			check(b, o.Publish(b.Context(), stamped(0, true))) // and the relay is ready
			check(b, o.Flush(b.Context()))
			took := latencies(b, broker, s, way.over(x, o, broker))
			b.ReportMetric(float64(percentile(took, 50).Microseconds()), "p50-µs")
			b.ReportMetric(float64(percentile(took, 99).Microseconds()), "p99-µs")
		})
	}
}

// takeOrder inserts an order.
func (x space) takeOrder(ctx context.Context, tx sqlevents.Execer) error {
	_, err := tx.ExecContext(ctx, x.marked("INSERT INTO "+x.prefix+"application (name) VALUES (?)"), "an order")
	return err
}

// inTx takes an order in a transaction, and calls f before it commits. It returns when the
// transaction was committed.
func (x space) inTx(ctx context.Context, f func(*sql.Tx) error) (time.Time, error) {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return time.Time{}, err
	}
	defer func() { _ = tx.Rollback() }()
	if err := errors.Join(x.takeOrder(ctx, tx), f(tx)); err != nil {
		return time.Time{}, err
	}
	err = tx.Commit()
	return time.Now(), err
}

// takeWithout publishes to the broker after the commit.
func takeWithout(x space, _ *sqlevents.Transport, broker transport.Transport) orders {
	return func(ctx context.Context, m transport.Message) (time.Time, error) {
		committed, err := x.inTx(ctx, func(*sql.Tx) error { return nil })
		if err != nil {
			return committed, err
		}
		return committed, broker.Publish(ctx, m)
	}
}

func takeWithTx(x space, o *sqlevents.Transport, _ transport.Transport) orders {
	return func(ctx context.Context, m transport.Message) (time.Time, error) {
		return x.inTx(ctx, func(tx *sql.Tx) error { return o.Publish(o.WithTx(ctx, tx), m) })
	}
}

func takeInTx(x space, o *sqlevents.Transport, _ transport.Transport) orders {
	return func(ctx context.Context, m transport.Message) (time.Time, error) {
		err := o.InTx(ctx, nil, func(ctx context.Context, tx *sql.Tx) error {
			if err := x.takeOrder(ctx, tx); err != nil {
				return err
			}
			return o.Publish(ctx, m)
		})
		return time.Now(), err
	}
}

// latencies takes b.N orders and returns how long each took from the commit to the handler.
// It is 0 if the handler ran before the application knew of the commit.
func latencies(b *testing.B, broker transport.Transport, s transport.Subscription, take orders) []time.Duration {
	handled, committed := make([]time.Time, b.N), make([]time.Time, b.N)
	ctx, done := context.WithCancel(b.Context())
	var received, subscribed sync.WaitGroup
	received.Add(b.N)
	subscribed.Go(func() {
		if err := broker.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			n := binary.BigEndian.Uint64(d.Body)
			if isWarmUp := d.Body[8] == 1; !isWarmUp && handled[n].IsZero() {
				handled[n] = time.Now()
				received.Done()
			}
			return transport.Ack()
		}); err != nil {
			b.Error(err)
		}
	})
	atRate(b, func(n int) (err error) {
		committed[n], err = take(ctx, stamped(n, false))
		return err
	})
	received.Wait()
	done()
	subscribed.Wait()
	took := make([]time.Duration, b.N)
	for n := range took {
		took[n] = max(handled[n].Sub(committed[n]), 0)
	}
	return took
}

// atRate calls f for b.N orders, so many a second, each in a goroutine. It returns when all
// are done.
func atRate(b *testing.B, f func(n int) error) {
	var taken sync.WaitGroup
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for n := range b.N {
		<-tick.C
		taken.Go(func() {
			if err := f(n); err != nil {
				b.Error(err)
			}
		})
	}
	taken.Wait()
}

// percentile returns the time that so many of a hundred do not exceed.
func percentile(list []time.Duration, n int) time.Duration {
	return slices.Sorted(slices.Values(list))[len(list)*n/100]
}

// stamped returns a message whose body begins with a number.
func stamped(n int, isWarmUp bool) transport.Message {
	m := placed("")
	m.ID = rand.Text()
	m.Body = slices.Clone(body)
	binary.BigEndian.PutUint64(m.Body, uint64(n))
	if m.Body[8] = 0; isWarmUp {
		m.Body[8] = 1
	}
	return m
}
