package outboxtest

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// BenchmarkRelay measures how fast the relays of some instances drain messages of 1 KiB
// from PostgreSQL to an embedded NATS server, all in this process.
func BenchmarkRelay(b *testing.B) {
	for _, instances := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(instances), func(b *testing.B) {
			x := inPostgreSQL(b)
			broker, err := natsevents.Embedded(b.TempDir(), natsevents.SyncEvery(time.Second))
			if err != nil {
				b.Fatal(err)
			}
			defer broker.Close()
			if err := broker.Declare(b.Context(), transport.Subscription{Event: "placed", Key: "mail"}); err != nil {
				b.Fatal(err)
			}
			x.fill(b, b.N)
			b.ResetTimer()
			var all []*sqlevents.Transport
			for range instances {
				o, err := sqlevents.New(x.db, x.dialect, shared(broker), sqlevents.Prefix(x.prefix), sqlevents.Lease(time.Second))
				if err != nil {
					b.Fatal(err)
				}
				all = append(all, o)
			}
			if err := all[0].Flush(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			for _, o := range all {
				_ = o.Close()
			}
		})
	}
}

// shared hides the Close of a broker that several outboxes share.
func shared(t transport.Transport) transport.Transport { return struct{ transport.Transport }{t} }

var quiet = sqlevents.Logger(slog.New(slog.DiscardHandler))

// fill stores n messages.
func (x space) fill(b *testing.B, n int) {
	b.Helper()
	o, err := sqlevents.New(x.db, x.dialect, away{}, sqlevents.Prefix(x.prefix), quiet)
	if err != nil {
		b.Fatal(err)
	}
	defer o.Close()
	for left := n; left > 0; left -= 1000 {
		if err := o.InTx(b.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			for i := range min(left, 1000) {
				if err := o.Publish(ctx, transport.Message{ID: fmt.Sprint(left, "/", i), Event: "placed", Body: make([]byte, 1024)}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}

// away is a broker that can't be reached.
type away struct{ transport.Transport }

func (away) Publish(context.Context, transport.Message) error { return context.DeadlineExceeded }
