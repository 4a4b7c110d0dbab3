package outbox_test

import (
	"context"
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
					tx, err := x.db.BeginTx(b.Context(), nil)
					check(b, err)
					check(b, x.takeOrder(b.Context(), tx))
					check(b, tx.Commit())
				}))
		})
	}
}
