// Package mail mails receipts.
package mail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/examples/orders/internal/orders"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// Module mails a receipt for each order, in a process that receives the key mail.
var Module = fx.Module("mail",
	fx.Provide(NewMailer),
	fxevents.Listen((*Mailer).OnPlaced, `async:"mail"`),
)

// Directory is where receipts are put.
type Directory string

// Mailer mails receipts.
type Mailer struct {
	directory Directory
	handled   transport.Handled
}

// NewMailer makes a mailer that remembers the last thousand receipts.
func NewMailer(d Directory) *Mailer { return &Mailer{d, &transport.Recent{Limit: 1000}} }

// OnPlaced mails a receipt. If the order is redelivered to the same process, OnPlaced
// does not mail it again. While the post office is closed, OnPlaced asks for a
// redelivery.
func (m *Mailer) OnPlaced(ctx context.Context, e *orders.Placed) error {
	return transport.HandleOnce(ctx, m.handled, "mail.Mailer", func(context.Context) error {
		err := m.send(e)
		if errors.Is(err, fs.ErrNotExist) {
			return transport.RefuseFor(time.Second)
		}
		return err
	})
}

func (m *Mailer) send(e *orders.Placed) error {
	f, err := os.OpenFile(filepath.Join(string(m.directory), e.ID+".txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "To: %s\n\nThank you for ordering %s.\n", e.Customer, e.Item)
	return errors.Join(err, f.Close())
}
