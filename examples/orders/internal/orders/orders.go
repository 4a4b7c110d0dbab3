// Package orders takes orders.
package orders

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/examples/orders/internal/store"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Placed is an order that a customer has placed.
type Placed struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Item     string `json:"item"`
}

// OrderKey keeps the events of a customer in order.
func (p *Placed) OrderKey() string { return p.Customer }

// Module declares the event and takes orders.
var Module = fx.Module("orders",
	fxevents.Event[*Placed]("order.placed"),
	fx.Provide(NewHandler),
)

// ErrRefused reports an order that can't be executed.
var ErrRefused = errors.New("the order is refused")

// Handler takes orders over HTTP.
type Handler struct {
	store  *store.Store
	outbox *sqlevents.Transport
	placed *rollcall.Emitter[*Placed]
}

// NewHandler makes the handler.
func NewHandler(s *store.Store, outbox *sqlevents.Transport, placed *rollcall.Emitter[*Placed]) *Handler {
	return &Handler{s, outbox, placed}
}

// ServeHTTP answers 202 when the order is committed. The receipt will be mailed then.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &Placed{}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.ID = rand.Text()
	switch err := h.place(r.Context(), e); {
	case errors.Is(err, ErrRefused):
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(e)
}

// place stores an order and emits the event, in one transaction. The synchronous listeners
// write in it, too. If one of them fails, nothing is stored and nothing is published.
func (h *Handler) place(ctx context.Context, e *Placed) error {
	if e.Customer == "" || e.Item == "" {
		return errors.Join(ErrRefused, errors.New("it needs a customer and an item"))
	}
	return h.outbox.InTx(ctx, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, h.store.SQL("INSERT INTO orders (id, customer, item) VALUES (?, ?, ?)"), e.ID, e.Customer, e.Item); err != nil {
			return err
		}
		return h.placed.Emit(ctx, e)
	})
}
