package transports_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// rate is how many events a second BenchmarkLatency publishes.
const rate = 1000

// BenchmarkLatency is the time from before Publish to the handler, at 1,000
// events a second.
func BenchmarkLatency(b *testing.B) {
	for _, x := range []struct {
		name string
		open func(*testing.B) carrier
	}{
		{"nats", func(b *testing.B) carrier { return openNATS(b) }},
		{"nats-embedded", func(b *testing.B) carrier { return openEmbedded(b) }},
		{"nats-embedded-sync-2s", func(b *testing.B) carrier { return openEmbedded(b, natsevents.SyncEvery(2*time.Second)) }},
		{"amqp", func(b *testing.B) carrier { return openAMQP(b) }},
	} {
		b.Run(x.name, func(b *testing.B) { latency(b, x.open(b)) })
	}
}

func latency(b *testing.B, t carrier) {
	s := transport.Subscription{Event: "placed", Key: "mail", MaxInFlight: inFlight}
	check(b, t.Declare(b.Context(), s))
	took := make([]time.Duration, b.N)
	start := time.Now()
	ctx, done := context.WithCancel(b.Context())
	var received, published sync.WaitGroup
	received.Add(b.N)
	var subscribed sync.WaitGroup
	subscribed.Go(func() {
		err := t.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			n, sent := binary.BigEndian.Uint64(d.Body), binary.BigEndian.Uint64(d.Body[8:])
			if took[n] == 0 {
				took[n] = time.Since(start) - time.Duration(sent)
				received.Done()
			}
			return transport.Ack()
		})
		if err != nil {
			b.Error(err)
		}
	})
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for n := range b.N {
		<-tick.C
		published.Go(func() {
			mine := slices.Clone(body)
			binary.BigEndian.PutUint64(mine, uint64(n))
			binary.BigEndian.PutUint64(mine[8:], uint64(time.Since(start)))
			if err := t.Publish(ctx, transport.Message{ID: rand.Text(), Event: s.Event, Body: mine}); err != nil {
				b.Error(err)
			}
		})
	}
	published.Wait()
	received.Wait()
	done()
	subscribed.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[b.N/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[b.N*99/100].Microseconds()), "p99-µs")
}

// BenchmarkEmbedded publishes to an embedded server that writes each message to
// the disk before it confirms, and to one that does so every two seconds.
func BenchmarkEmbedded(b *testing.B) {
	for _, x := range []struct {
		name    string
		options []natsevents.Option
	}{{"sync-always", nil}, {"sync-2s", []natsevents.Option{natsevents.SyncEvery(2 * time.Second)}}} {
		b.Run(x.name+"/1", func(b *testing.B) {
			t := openEmbedded(b, x.options...)
			check(b, t.Declare(b.Context(), transport.Subscription{Event: "placed", Key: "mail"}))
			for b.Loop() {
				check(b, t.Publish(b.Context(), transport.Message{ID: rand.Text(), Event: "placed", Body: body}))
			}
		})
		b.Run(x.name+"/256", func(b *testing.B) {
			side := ours(b, openEmbedded(b, x.options...))
			b.ResetTimer()
			check(b, side.publish(b.N))
		})
	}
}

// carrier is a transport of rollcall.
type carrier interface {
	transport.Transport
	transport.Declarer
}

func openEmbedded(b *testing.B, options ...natsevents.Option) *natsevents.Transport {
	b.Helper()
	t, err := natsevents.Embedded(b.TempDir(), options...)
	check(b, err)
	b.Cleanup(t.Close)
	return t
}
