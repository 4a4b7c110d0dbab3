package outbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall/bench/turns"
)

// BenchmarkInbox compares a handler of one statement in the transaction of an inbox with the
// same transaction without it.
func BenchmarkInbox(b *testing.B) {
	const calls = 10
	for _, d := range databases {
		b.Run(d.dialect.String(), func(b *testing.B) {
			x := d.open(b, 1)
			o := x.publisher(b)
			box, n := o.Inbox(), 0
			turns.Compare(b,
				turns.Taking(calls, func() {
					n++
					check(b, box.Once(b.Context(), fmt.Sprintf("mail/%d/shop", n), func(ctx context.Context) error {
						tx, _ := o.Tx(ctx)
						return x.takeOrder(ctx, tx)
					}))
				}),
				turns.Taking(calls, func() {
					_, err := x.inTx(b.Context(), func(*sql.Tx) error { return nil })
					check(b, err)
				}))
		})
	}
}
