package transports_test

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/bench/turns"
	"github.com/rollcall-go/rollcall/transport"
)

// inFlight is how many messages may be under way at once.
const inFlight = 256

// body is what each message carries.
var body = []byte(strings.Repeat("x", 1024))

// side is one of those that are compared.
type side struct {
	// publish publishes n messages, 256 in flight, and returns when all are
	// confirmed.
	publish func(n int) error
	// consume receives n messages, 256 in flight, and acknowledges each; or nil.
	consume func(n int) error
	slow    bool // to consume
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// published publishes by a function that waits for each confirmation, from as
// many goroutines as may be in flight.
func published(n int, publish func() error) error {
	var left atomic.Int64
	left.Store(int64(n))
	problems := make(chan error, inFlight)
	var all sync.WaitGroup
	for range inFlight {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := publish(); err != nil {
					problems <- err
					return
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-problems:
		return err
	default:
		return nil
	}
}

// ours is a transport of rollcall.
func ours(b *testing.B, t carrier) side {
	s := transport.Subscription{Event: "placed", Key: "mail", MaxInFlight: inFlight}
	check(b, t.Declare(b.Context(), s))
	return side{
		publish: func(n int) error {
			return published(n, func() error {
				return t.Publish(b.Context(), transport.Message{ID: rand.Text(), Event: "placed", ContentType: "text/plain", Body: body})
			})
		},
		consume: func(n int) error {
			ctx, stop := context.WithCancel(b.Context())
			defer stop()
			var got atomic.Int64
			all, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				ended <- t.Subscribe(ctx, s, func(context.Context, transport.Delivery) transport.Verdict {
					if got.Add(1) == int64(n) {
						close(all)
					}
					return transport.Ack()
				})
			}()
			select {
			case <-all:
			case err := <-ended:
				return err
			}
			b.StopTimer()
			defer b.StartTimer()
			stop()
			return <-ended
		},
	}
}

type namedSide struct {
	name string
	open func(*testing.B) side
}

var sides = []namedSide{
	{"nats/client", rawNATS},
	{"nats/client-bare", bareNATS},
	{"nats/rollcall", rollcallNATS},
	{"nats/limit", limitNATS},
	{"nats/watermill-documented", documentedWatermillNATS},
	{"nats/watermill", func(b *testing.B) side { return watermillNATS(b, watermillWay{subscribers: 1}) }},
	{"nats/watermill-bare", func(b *testing.B) side { return watermillNATS(b, watermillWay{bare: true, subscribers: 1}) }},
	{"nats/watermill-256", func(b *testing.B) side { return watermillNATS(b, watermillWay{subscribers: inFlight, async: true}) }},
	{"amqp/client", rawAMQP},
	{"amqp/rollcall", rollcallAMQP},
}

// BenchmarkPublish: a message of 1 KiB, confirmed, 256 in flight.
func BenchmarkPublish(b *testing.B) {
	for _, s := range sides {
		b.Run(s.name, func(b *testing.B) {
			side := s.open(b)
			b.ResetTimer()
			check(b, side.publish(b.N))
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// BenchmarkConsume: a message of 1 KiB, acknowledged, 256 in flight.
func BenchmarkConsume(b *testing.B) {
	for _, s := range sides {
		b.Run(s.name, func(b *testing.B) {
			side, n := s.open(b), b.N
			if side.consume == nil {
				b.Skip("it only publishes")
			}
			if side.slow {
				n = min(n, 10_000)
			}
			check(b, side.publish(n))
			b.ResetTimer()
			check(b, side.consume(n))
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// turn is how many messages one side has at a time.
const turn = 10_000

// BenchmarkPublishByTurns compares two of BenchmarkPublish.
func BenchmarkPublishByTurns(b *testing.B) {
	for _, pair := range [][2]string{
		{"nats/rollcall", "nats/client"},
		{"nats/rollcall", "nats/watermill-documented"},
		{"nats/rollcall", "nats/watermill"},
		{"nats/rollcall", "nats/watermill-bare"},
		{"nats/limit", "nats/watermill-bare"},
		{"amqp/rollcall", "amqp/client"},
	} {
		b.Run(pair[0]+"/"+pair[1], func(b *testing.B) {
			publishing := func(name string) func() time.Duration {
				side := open(b, name)
				return func() time.Duration { return elapsed(b, func() { check(b, side.publish(turn)) }) }
			}
			turns.Compare(b, publishing(pair[0]), publishing(pair[1]))
		})
	}
}

func open(b *testing.B, name string) side {
	return sides[slices.IndexFunc(sides, func(s namedSide) bool { return s.name == name })].open(b)
}

// elapsed is how long f takes without the time for which it stops the timer.
func elapsed(b *testing.B, f func()) time.Duration {
	before := b.Elapsed()
	f()
	return b.Elapsed() - before
}
