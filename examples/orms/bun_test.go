package orms

import (
	"context"
	"database/sql"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

func (s *shop) placeByBun(ctx context.Context, db *bun.DB, o *Order, pay func() error) error {
	return s.outbox.InTx(ctx, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := db.NewInsert().Conn(tx).Model(o).Exec(ctx); err != nil {
			return err
		}
		if err := s.placed.Emit(ctx, &Placed{o.ID}); err != nil {
			return err
		}
		return pay()
	})
}

func TestBun(t *testing.T) {
	s := open(t)
	db := bun.NewDB(s.db, sqlitedialect.New())
	s.check(t, func(ctx context.Context, o *Order, pay func() error) error { return s.placeByBun(ctx, db, o, pay) })
}
