// Package pgxevents is package sqlevents for applications that use pgx without
// database/sql: an outbox and an inbox in PostgreSQL, with transactions that are pgx.Tx.
//
//	err := pgxevents.Migrate(ctx, pool)
//	broker, err := natsevents.Connect("nats://127.0.0.1:4222")
//	outbox, err := pgxevents.New(pool, broker)
//
//	err = outbox.InTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
//		if _, err := tx.Exec(ctx, `INSERT INTO orders (id) VALUES ($1)`, id); err != nil {
//			return err
//		}
//		return placed.Emit(ctx, &Placed{ID: id})
//	})
//
// Tables, options, order, failures and delivery are those of sqlevents. An application may
// use both packages with the same tables. PostgreSQL 15 is tested.
package pgxevents
