package sqlevents_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// However many messages a transaction has, each is inserted once and in its order, also if
// one of them is delayed.
func TestAnyNumberOfMessagesInATransaction(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		var want []string
		for n := range 24 {
			for _, delay := range []time.Duration{0, time.Microsecond} {
				if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
					for i := range n {
						m := keyed(fmt.Sprint(n, "/", i, "/", delay), "placed", "a")
						want = append(want, m.ID)
						if i == n/2 {
							ctx = transport.WithDelay(ctx, delay)
						}
						if err := o.Publish(ctx, m); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
		}
		flush(t, o)
		if got := inner.ids(); !slices.Equal(got, want) {
			t.Errorf("published %q, want %q", got, want)
		}
	})
}
