package sqlevents_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func TestConforms(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		transporttest.Run(t, func(t *testing.T) transport.Transport {
			x := x.apart(t) // a transport.Local of one trial has no receivers of the others
			o, err := sqlevents.New(x.db, x.dialect, &transport.Local{}, sqlevents.Prefix(x.prefix), sqlevents.OrderBy(eventName), sqlevents.Logger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = o.Close() })
			return flushed{o}
		})
	})
}

func eventName(m transport.Message) string { return m.Event }

// flushed is an outbox that is flushed before a receiver is declared: the kit asks that
// the receiver gets nothing from before.
type flushed struct{ *sqlevents.Transport }

func (f flushed) Declare(ctx context.Context, s transport.Subscription) error {
	if err := f.Flush(ctx); err != nil {
		return err
	}
	return f.Transport.Declare(ctx, s)
}
