package orms

import (
	"context"
	"database/sql"
	"testing"
)

// Queries is what sqlc generates: its queries run in what it was made with.
type Queries struct{ db DBTX }

// DBTX is a *sql.DB or a *sql.Tx.
type DBTX interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// WithTx returns the queries of a transaction.
func (q *Queries) WithTx(tx *sql.Tx) *Queries { return &Queries{tx} }

// InsertOrder is a query.
func (q *Queries) InsertOrder(ctx context.Context, o Order) error {
	_, err := q.db.ExecContext(ctx, "INSERT INTO orders (id, item) VALUES (?, ?)", o.ID, o.Item)
	return err
}

func (s *shop) placeBySQLC(ctx context.Context, queries *Queries, o *Order, pay func() error) error {
	return s.outbox.InTx(ctx, nil, func(ctx context.Context, tx *sql.Tx) error {
		if err := queries.WithTx(tx).InsertOrder(ctx, *o); err != nil {
			return err
		}
		if err := s.placed.Emit(ctx, &Placed{o.ID}); err != nil {
			return err
		}
		return pay()
	})
}

func TestSQLC(t *testing.T) {
	s := open(t)
	s.check(t, func(ctx context.Context, o *Order, pay func() error) error {
		return s.placeBySQLC(ctx, &Queries{s.db}, o, pay)
	})
}
