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

// A transaction locks the slots of its order keys, and no others.
func TestManyKeysLockTheirSlots(t *testing.T) {
	t.Parallel()
	x := mariadb.tables(t)
	o := x.outbox(t, newRecorder())
	const keys = 300
	begin := func(ctx context.Context) (context.Context, sqlevents.Tx, error) {
		tx, err := x.db.BeginTx(ctx, nil)
		return ctx, beforeCommit{tx, func() {
			other, err := x.db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = other.Rollback() }()
			free := 0
			if err := other.QueryRowContext(t.Context(), "SELECT count(*) FROM (SELECT slot FROM "+x.prefix+"slots FOR UPDATE SKIP LOCKED) AS free").Scan(&free); err != nil {
				t.Fatal(err)
			}
			if free < 1024-keys {
				t.Errorf("of 1,024 slots, only %d are free beside %d keys", free, keys)
			}
		}}, err
	}
	if err := o.InTxBy(t.Context(), begin, func(ctx context.Context) error {
		var problems []error
		for i := range keys {
			problems = append(problems, o.Publish(ctx, keyed(fmt.Sprint(i), "placed", fmt.Sprint("key ", i))))
		}
		return errors.Join(problems...)
	}); err != nil {
		t.Fatal(err)
	}
	flush(t, o)
}

// beforeCommit calls a function before it commits.
type beforeCommit struct {
	*sql.Tx
	f func()
}

func (x beforeCommit) Commit() error {
	x.f()
	return x.Tx.Commit()
}
