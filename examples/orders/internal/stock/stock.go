// Package stock takes what is ordered out of the stock.
package stock

import (
	"context"
	"errors"
	"fmt"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/orders/internal/orders"
	"github.com/rollcall-go/rollcall/examples/orders/internal/store"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Module takes each order out of the stock before it is accepted.
var Module = fx.Module("stock",
	fx.Provide(NewStock),
	fxevents.Listen((*Stock).OnPlaced, `priority:"first"`),
)

// Stock is what can be ordered.
type Stock struct {
	store  *store.Store
	outbox *sqlevents.Transport
}

// NewStock makes the stock.
func NewStock(s *store.Store, outbox *sqlevents.Transport) *Stock { return &Stock{s, outbox} }

// OnPlaced runs in the transaction that stores the order. If nothing is left, it fails, and
// the order is not stored.
func (s *Stock) OnPlaced(ctx context.Context, e *orders.Placed) error {
	tx, ok := s.outbox.Tx(ctx)
	if !ok {
		return errors.New("the stock needs the transaction of the order")
	}
	done, err := tx.ExecContext(ctx, s.store.SQL("UPDATE stock SET pieces = pieces - 1 WHERE item = ? AND pieces > 0"), e.Item)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); n == 0 || err != nil {
		return errors.Join(orders.ErrRefused, fmt.Errorf("there is no %s left", e.Item), err)
	}
	return nil
}
