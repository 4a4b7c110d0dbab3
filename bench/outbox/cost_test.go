package outbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
)

// BenchmarkPublishCost is what Publish in a transaction costs beside the statement: the
// statement here does nothing.
func BenchmarkPublishCost(b *testing.B) {
	for _, d := range databases {
		for _, k := range keys {
			b.Run(fmt.Sprintf("%v/%s", d.dialect, k.name), func(b *testing.B) {
				o := d.open(b, 1).publisher(b)
				ctx := o.WithTx(b.Context(), nothing{})
				m := placed(k.of(1))
				b.ReportAllocs()
				for b.Loop() {
					check(b, o.Publish(ctx, m))
				}
			})
		}
	}
}

// nothing runs no statement.
type nothing struct{}

func (nothing) ExecContext(context.Context, string, ...any) (sql.Result, error) { return nil, nil }
