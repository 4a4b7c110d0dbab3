package orms

import (
	"context"
	"database/sql"
	"testing"

	"github.com/libtnb/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

func (s *shop) placeByGORM(ctx context.Context, db *gorm.DB, o *Order, pay func() error) error {
	return s.outbox.InTx(ctx, nil, func(ctx context.Context, tx *sql.Tx) error {
		orders := db.Session(&gorm.Session{NewDB: true, Context: ctx})
		orders.Statement.ConnPool = tx
		if err := orders.Create(o).Error; err != nil {
			return err
		}
		if err := s.placed.Emit(ctx, &Placed{o.ID}); err != nil {
			return err
		}
		return pay()
	})
}

// placeInGORMsTransaction is for code that begins its transactions by GORM.
func (s *shop) placeInGORMsTransaction(ctx context.Context, db *gorm.DB, o *Order, pay func() error) error {
	begin := func(ctx context.Context) (context.Context, sqlevents.Tx, error) {
		tx := db.WithContext(ctx).Begin()
		if tx.Error != nil {
			return nil, nil, tx.Error
		}
		return context.WithValue(ctx, gormKey{}, tx), tx.Statement.ConnPool.(*sql.Tx), nil
	}
	return s.outbox.InTxBy(ctx, begin, func(ctx context.Context) error {
		if err := ctx.Value(gormKey{}).(*gorm.DB).Create(o).Error; err != nil {
			return err
		}
		if err := s.placed.Emit(ctx, &Placed{o.ID}); err != nil {
			return err
		}
		return pay()
	})
}

type gormKey struct{}

func openGORM(t *testing.T, s *shop) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(&sqlite.Dialector{Conn: s.db}, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestGORM(t *testing.T) {
	s := open(t)
	db := openGORM(t, s)
	s.check(t, func(ctx context.Context, o *Order, pay func() error) error { return s.placeByGORM(ctx, db, o, pay) })
}

func TestGORMsTransaction(t *testing.T) {
	s := open(t)
	db := openGORM(t, s)
	s.check(t, func(ctx context.Context, o *Order, pay func() error) error {
		return s.placeInGORMsTransaction(ctx, db, o, pay)
	})
}
