// Package mail mails receipts.
package mail

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

// Module mails a receipt for each order, in a process that receives the key mail.
var Module = fx.Module("mail",
	fx.Provide(NewMailer),
	fxevents.Listen((*Mailer).OnPlaced, `async:"mail"`),
)

// Mailer mails receipts.
type Mailer struct {
	store  *store.Store
	outbox *sqlevents.Transport
}

// NewMailer makes a mailer.
func NewMailer(s *store.Store, outbox *sqlevents.Transport) *Mailer { return &Mailer{s, outbox} }

// OnPlaced mails a receipt. It runs in the transaction of the inbox, so there is exactly one
// mail for each order, whatever is redelivered. Here a mail is a row of a table. A mail
// server takes part in no transaction: let a job send the rows and mark them.
func (m *Mailer) OnPlaced(ctx context.Context, e *orders.Placed) error {
	tx, ok := m.outbox.Tx(ctx)
	if !ok {
		return errors.New("the mailer needs the transaction of the inbox")
	}
	text := fmt.Sprintf("To: %s\n\nThank you for ordering %s.\n", e.Customer, e.Item)
	_, err := tx.ExecContext(ctx, m.store.SQL("INSERT INTO mails (order_id, text) VALUES (?, ?)"), e.ID, text)
	return err
}
