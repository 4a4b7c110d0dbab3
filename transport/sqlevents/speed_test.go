package sqlevents_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// BenchmarkRelay measures how fast a relay drains the outbox to a broker that confirms at
// once.
func BenchmarkRelay(b *testing.B) {
	for _, s := range servers {
		b.Run(s.dialect.String(), func(b *testing.B) {
			x := s.tables(b)
			fill(b, x, b.N)
			counting := &counter{done: make(chan struct{})}
			counting.left.Store(int64(b.N))
			b.ResetTimer()
			o := x.outbox(b, counting)
			<-counting.done
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			_ = o.Close()
		})
	}
}

type counter struct {
	transport.Transport
	left atomic.Int64
	done chan struct{}
}

func (c *counter) Publish(context.Context, transport.Message) error {
	if c.left.Add(-1) == 0 {
		close(c.done)
	}
	return nil
}

// fill stores n messages of 1 KiB.
func fill(b *testing.B, x space, n int) {
	b.Helper()
	o := x.outbox(b, away{})
	for left := n; left > 0; left -= 1000 {
		if err := o.InTx(b.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			for i := range min(left, 1000) {
				m := message(fmt.Sprint(left, "/", i), "placed")
				m.Body = make([]byte, 1024)
				if err := o.Publish(ctx, m); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	_ = o.Close()
}

// BenchmarkBesideDelayed measures from Publish to the broker, beside rows whose delay is not
// over: one half of them without an order key, the other each with its own. The events that
// are measured have an order key.
func BenchmarkBesideDelayed(b *testing.B) {
	for _, s := range servers {
		for _, delayed := range []int{0, 100_000} {
			b.Run(fmt.Sprintf("%v/%d", s.dialect, delayed), func(b *testing.B) {
				x := s.tables(b)
				done := make(chan struct{}, 1)
				o := x.outbox(b, signaller{done: done})
				delay(b, o, delayed)
				b.ResetTimer()
				for i := range b.N {
					if err := o.Publish(b.Context(), keyed(fmt.Sprint(i), "placed", fmt.Sprint("live", i))); err != nil {
						b.Fatal(err)
					}
					<-done
				}
			})
		}
	}
}

type signaller struct {
	transport.Transport
	done chan struct{}
}

func (s signaller) Publish(context.Context, transport.Message) error {
	s.done <- struct{}{}
	return nil
}

// delay stores messages with a delay of an hour.
func delay(b *testing.B, o *sqlevents.Transport, n int) {
	for i := 0; i < n; i += 1000 {
		if err := o.InTx(transport.WithDelay(b.Context(), time.Hour), nil, func(ctx context.Context, _ *sql.Tx) error {
			for j := i; j < i+1000; j += 2 {
				if err := errors.Join(o.Publish(ctx, message(fmt.Sprint("d", j), "placed")), o.Publish(ctx, keyed(fmt.Sprint("k", j), "placed", fmt.Sprint("key", j)))); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCount measures how long the outbox is counted for the metrics, when it is empty
// and with 100,000 messages of 1 KiB.
func BenchmarkCount(b *testing.B) {
	for _, s := range servers {
		for _, messages := range []int{0, 100_000} {
			x := s.tables(b)
			if messages > 0 {
				fill(b, x, messages)
			}
			o := x.outbox(b, away{})
			_ = o.Close() // no relay
			b.Run(fmt.Sprintf("%v/%d", s.dialect, messages), func(b *testing.B) {
				for b.Loop() {
					if err := sqlevents.Count(b.Context(), o); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
