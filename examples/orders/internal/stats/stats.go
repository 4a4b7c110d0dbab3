// Package stats counts what is ordered.
package stats

import (
	"context"
	"errors"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/orders/internal/orders"
	"github.com/rollcall-go/rollcall/examples/orders/internal/store"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Module counts orders, in a process that receives the key stats.
var Module = fx.Module("stats",
	fx.Provide(NewCounter),
	fxevents.Listen((*Counter).OnPlaced, `async:"stats"`),
)

// Counter counts orders by what was ordered.
type Counter struct {
	store  *store.Store
	outbox *sqlevents.Transport
}

// NewCounter makes a counter.
func NewCounter(s *store.Store, outbox *sqlevents.Transport) *Counter { return &Counter{s, outbox} }

// OnPlaced counts an order, in the transaction of the inbox.
func (c *Counter) OnPlaced(ctx context.Context, e *orders.Placed) error {
	tx, ok := c.outbox.Tx(ctx)
	if !ok {
		return errors.New("the counter needs the transaction of the inbox")
	}
	_, err := tx.ExecContext(ctx, c.store.SQL("UPDATE stats SET orders = orders + 1 WHERE item = ?"), e.Item)
	return err
}
