package sqlevents_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Other transactions have rows in the outbox, and stay open. Whatever the relay does with the
// rows of those that are committed, it waits for no lock of theirs.
func TestRelayBesideOpenTransactions(t *testing.T) {
	for name, options := range map[string][]sqlevents.Option{"deleted": nil, "kept": {sqlevents.KeepPublished(time.Hour)}} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, x space) {
				if x.dialect == sqlevents.SQLite {
					t.Skip("one transaction writes at a time")
				}
				inner := newRecorder()
				var refused atomic.Int64
				inner.fails = func(m transport.Message) error {
					if m.Event == "refused" && refused.Add(1) <= 5 {
						return errTest
					}
					return nil
				}
				o := x.outbox(t, inner, append(options, soon)...)
				open := func(ctx context.Context, id string) *sql.Tx {
					tx, err := x.db.BeginTx(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { _ = tx.Rollback() })
					for i := range 3 {
						if err := o.Publish(o.WithTx(ctx, tx), message(fmt.Sprint(id, i), "open")); err != nil {
							t.Fatal(err)
						}
					}
					return tx
				}
				open(t.Context(), "before")
				open(transport.WithDelay(t.Context(), time.Microsecond), "delayed before")
				if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
					var problems []error
					for i := range 300 {
						problems = append(problems, o.Publish(ctx, message(fmt.Sprint(i), "placed")),
							o.Publish(transport.WithDelay(ctx, time.Millisecond), message(fmt.Sprint("delayed ", i), "placed")))
					}
					return errors.Join(append(problems, o.Publish(ctx, message("refused", "refused")))...)
				}); err != nil {
					t.Fatal(err)
				}
				open(t.Context(), "after")
				open(transport.WithDelay(t.Context(), time.Microsecond), "delayed after")
				inner.await(t, 601)
				flush(t, o) // what is open can't be seen
			})
		})
	}
}
