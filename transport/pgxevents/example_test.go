package pgxevents_test

import (
	"context"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/pgxevents"
)

type Placed struct{ Order, Article string }

func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://127.0.0.1/shop")
	if err != nil {
		log.Fatal(err)
	}
	if err := pgxevents.Migrate(ctx, pool); err != nil {
		log.Fatal(err)
	}
	outbox, err := pgxevents.New(pool, &transport.Local{}) // a broker, in a real application
	if err != nil {
		log.Fatal(err)
	}
	defer outbox.Close()
}

// A method of the application stores an order and emits the event in one transaction.
func ExampleTransport_InTx() {
	var outbox *pgxevents.Transport       // injected
	var placed *rollcall.Emitter[*Placed] // injected
	place := func(ctx context.Context, order, article string) error {
		return outbox.InTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO orders (id, article) VALUES ($1, $2)`, order, article); err != nil {
				return err
			}
			return placed.Emit(ctx, &Placed{order, article})
		})
	}
	_ = place
}

// A listener of a receiver key with fxevents.Inbox writes in the transaction in which the
// event is recorded as handled.
func ExampleTransport_Tx() {
	var outbox *pgxevents.Transport // injected
	onPlaced := func(ctx context.Context, e *Placed) error {
		tx, _ := outbox.Tx(ctx)
		_, err := tx.Exec(ctx, `UPDATE stock SET pieces = pieces - 1 WHERE article = $1`, e.Article)
		return err
	}
	_ = onPlaced
}
