package outboxtest

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// placed is an event with an order key.
type placed struct{ Order string }

func (p *placed) OrderKey() string { return p.Order }

// mailer gets events asynchronously.
type mailer struct{ got chan string }

func (m *mailer) OnPlaced(_ context.Context, p *placed) error {
	m.got <- p.Order
	return nil
}

var errTest = errors.New("not today")

// Emit in InTx publishes with the transaction. The application opens and closes the
// outbox and its broker.
func TestEmitInTheApplicationsTransaction(t *testing.T) {
	eachDatabase(t, func(t *testing.T, x space) {
		var outbox *sqlevents.Transport
		var emitter *rollcall.Emitter[*placed]
		m := &mailer{got: make(chan string, 10)}
		app := fxtest.New(t,
			fxevents.Module(),
			fxevents.Event[*placed]("order.placed"),
			fxevents.Transport(func() (_ *sqlevents.Transport, err error) {
				outbox, err = x.overNATS(t.TempDir())
				return outbox, err
			}),
			fx.Supply(m),
			fxevents.Listen((*mailer).OnPlaced, `async:"mail"`),
			fxevents.Receive(),
			fx.Populate(&emitter),
		)
		app.RequireStart()
		place := func(order string, err error) error {
			return outbox.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
				return errors.Join(emitter.Emit(ctx, &placed{order}), err)
			})
		}
		if err := place("rolled back", errTest); !errors.Is(err, errTest) {
			t.Errorf("got %v", err)
		}
		if err := errors.Join(place("1", nil), place("2", nil)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for range 2 {
			select {
			case order := <-m.got:
				got = append(got, order)
			case <-time.After(30 * time.Second):
				t.Fatalf("got only %q", got)
			}
		}
		if slices.Sort(got); !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("got %q", got)
		}
		app.RequireStop()
	})
}
