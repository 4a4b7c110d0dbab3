// Package stats counts what is ordered.
package stats

import (
	"context"
	"log/slog"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/orders/internal/orders"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Module counts orders, in a process that receives the key stats.
var Module = fx.Module("stats",
	fx.Provide(NewCounter),
	fxevents.Listen((*Counter).OnPlaced, `async:"stats"`),
)

// Counter counts orders by what was ordered.
type Counter struct {
	log    *slog.Logger
	mu     sync.Mutex
	counts map[string]int
}

// NewCounter makes a counter without orders.
func NewCounter(log *slog.Logger) *Counter { return &Counter{log: log, counts: map[string]int{}} }

// OnPlaced counts an order.
func (c *Counter) OnPlaced(_ context.Context, e *orders.Placed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[e.Item]++
	c.log.Info("counted", "item", e.Item, "orders", c.counts[e.Item])
	return nil
}
