package outboxtest

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

// An outbox keeps the promises of the transport that it is around.
func TestConforms(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		name     string
		database func(testing.TB) space
		broker   func(*testing.T) transport.Transport
	}{
		{"SQLite, embedded NATS", inSQLite, overEmbedded},
		{"PostgreSQL, embedded NATS", inPostgreSQL, overEmbedded},
		{"SQLite, NATS", inSQLite, overNATS},
		{"SQLite, RabbitMQ", inSQLite, overRabbitMQ},
		{"SQLite, Watermill", inSQLite, overWatermill},
	} {
		t.Run(k.name, func(t *testing.T) {
			if strings.HasPrefix(k.name, "PostgreSQL") && os.Getenv("ROLLCALL_LEDGER") != "1" {
				t.Skip("set ROLLCALL_LEDGER=1: sqlevents runs the kit on PostgreSQL, too")
			}
			t.Parallel()
			transporttest.Run(t, func(t *testing.T) transport.Transport {
				x := k.database(t)
				o, err := x.outbox(k.broker(t), sqlevents.OrderBy(func(m transport.Message) string { return m.Event }))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = o.Close() })
				if k.name == "SQLite, Watermill" { // which has no dead letters and no backlog to show
					return struct {
						transport.Transport
						transport.Declarer
						transport.Delayer
					}{flushed{o}, flushed{o}, o}
				}
				return flushed{o}
			})
		})
	}
}

// flushed is an outbox that is flushed before a receiver is declared: the kit asks that
// the receiver gets nothing from before.
type flushed struct{ *sqlevents.Transport }

func (f flushed) Declare(ctx context.Context, s transport.Subscription) error {
	if err := f.Flush(ctx); err != nil {
		return err
	}
	return f.Transport.Declare(ctx, s)
}
