package outbox_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/bench/turns"
)

// BenchmarkInbox compares a handler of one statement in the transaction of an inbox with the
// same transaction without it. By hand is the least that can record an ID: one prepared
// INSERT into a table that has only the IDs.
func BenchmarkInbox(b *testing.B) {
	for _, d := range databases {
		b.Run(d.dialect.String()+"/inbox", func(b *testing.B) {
			x := d.open(b, 1)
			o := x.publisher(b)
			box := o.Inbox()
			turns.Compare(b, handling(b, func(id string) error {
				return box.Once(b.Context(), id, func(ctx context.Context) error {
					tx, _ := o.Tx(ctx)
					return x.takeOrder(ctx, tx)
				})
			}), x.handlingBare(b))
		})
		b.Run(d.dialect.String()+"/by-hand", func(b *testing.B) {
			x := d.open(b, 1)
			x.exec(b, "CREATE TABLE "+x.prefix+"ids (id varchar(255) PRIMARY KEY)")
			record, err := x.db.PrepareContext(b.Context(), x.marked("INSERT INTO "+x.prefix+"ids (id) VALUES (?)"))
			check(b, err)
			defer record.Close()
			turns.Compare(b, handling(b, func(id string) error { return x.handleByHand(b.Context(), record, id) }), x.handlingBare(b))
		})
	}
}

// handleByHand records an ID and takes an order in one transaction.
func (x space) handleByHand(ctx context.Context, record *sql.Stmt, id string) error {
	tx, err := x.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.StmtContext(ctx, record).ExecContext(ctx, id); err != nil {
		return err
	}
	if err := x.takeOrder(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// handling returns a function that reports how long some messages take.
func handling(b *testing.B, handle func(id string) error) func() time.Duration {
	n := 0
	return turns.Taking(10, func() {
		n++
		check(b, handle(fmt.Sprintf("mail/%d/shop", n)))
	})
}

// handlingBare is handling without a record.
func (x space) handlingBare(b *testing.B) func() time.Duration {
	return handling(b, func(string) error {
		_, err := x.inTx(b.Context(), func(*sql.Tx) error { return nil })
		return err
	})
}
