package outboxtest

import (
	"context"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func TestConformsOverNATS(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]func(testing.TB) space{"SQLite": inSQLite, "PostgreSQL": inPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.Run(t, func(t *testing.T) transport.Transport {
				o, err := in(t).overNATS(t.TempDir(), sqlevents.OrderBy(func(m transport.Message) string { return m.Event }))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = o.Close() })
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
