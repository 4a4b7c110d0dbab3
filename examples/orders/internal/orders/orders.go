// Package orders takes orders.
package orders

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
)

// Placed is an order that a customer has placed.
type Placed struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Item     string `json:"item"`
}

// Module declares the event, and checks each order before other listeners get it.
var Module = fx.Module("orders",
	fxevents.Event[*Placed]("order.placed"),
	fx.Provide(NewHandler, NewBook),
	fxevents.Listen((*Book).OnPlaced, `priority:"first"`),
)

// Book has the orders of this process.
type Book struct {
	log *slog.Logger
	mu  sync.Mutex
	all map[string]*Placed
}

// NewBook makes an empty book.
func NewBook(log *slog.Logger) *Book { return &Book{log: log, all: map[string]*Placed{}} }

// ErrIncomplete reports an order that can't be executed.
var ErrIncomplete = errors.New("an order needs a customer and an item")

// OnPlaced enters an order. If it fails, nothing is published.
func (b *Book) OnPlaced(_ context.Context, e *Placed) error {
	if e.Customer == "" || e.Item == "" {
		return ErrIncomplete
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all[e.ID] = e
	b.log.Info("entered", "order", e.ID)
	return nil
}

// Handler takes orders over HTTP.
type Handler struct{ placed *rollcall.Emitter[*Placed] }

// NewHandler makes the handler.
func NewHandler(placed *rollcall.Emitter[*Placed]) *Handler { return &Handler{placed} }

// ServeHTTP answers 202 when the event is stored, so that the receipt will be mailed.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &Placed{}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(e); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.ID = rand.Text()
	switch err := h.placed.Emit(r.Context(), e); {
	case errors.Is(err, ErrIncomplete):
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
