package outboxtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// mailed says that an order is in the mail, after so many attempts.
type mailed struct {
	Order   string
	Attempt int
}

// clerk writes into the transaction of the inbox, and emits in it.
type clerk struct {
	outbox *sqlevents.Transport
	mailed *rollcall.Emitter[*mailed]
	table  string
}

func (c *clerk) OnPlaced(ctx context.Context, p *placed) error {
	tx, ok := c.outbox.Tx(ctx)
	if !ok {
		return transport.Dead(errors.New("there is no transaction"))
	}
	d, _ := transport.DeliveryOf(ctx)
	if _, err := tx.ExecContext(ctx, "INSERT INTO "+c.table+" (name) VALUES ($1)", p.Order); err != nil {
		return transport.Dead(err) // a row that is there already, or a failed transaction
	}
	return c.mailed.Emit(ctx, &mailed{p.Order, d.Attempt})
}

// late fails the first attempts of some orders, after clerk.
func late(ctx context.Context, p *placed) error {
	if d, _ := transport.DeliveryOf(ctx); p.Order == "fails" && d.Attempt == 1 {
		return transport.RefuseFor(0)
	}
	return nil
}

// archive gets what the clerk has emitted.
type archive struct{ got chan string }

func (a *archive) OnMailed(_ context.Context, m *mailed) error {
	a.got <- fmt.Sprintf("%s in attempt %d", m.Order, m.Attempt)
	return nil
}

// With an inbox, a listener needs no line of code to be idempotent: duplicates have one
// effect, and what it writes and emits is undone if any listener of its key fails.
func TestInboxInAnApplication(t *testing.T) {
	t.Parallel()
	local := func(*testing.T) transport.Transport { return &transport.Local{} }
	for name, tt := range map[string]struct {
		space func(testing.TB) space
		inner func(*testing.T) transport.Transport
	}{
		"SQLite":               {inSQLite, local},
		"SQLite over NATS":     {inSQLite, overEmbedded},
		"PostgreSQL over NATS": {inPostgreSQL, overEmbedded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, inner := tt.space(t), tt.inner(t)
			a := &archive{got: make(chan string, 100)}
			var outbox *sqlevents.Transport
			app := fxtest.New(t,
				fxevents.Module(fxevents.Logger(silent)),
				fxevents.Event[*placed]("order.placed"), fxevents.Event[*mailed]("order.mailed"),
				fx.Supply(a),
				fxevents.Transport(func() (*sqlevents.Transport, error) { return x.outbox(inner) }),
				fx.Provide(func(o *sqlevents.Transport, e *rollcall.Emitter[*mailed]) *clerk {
					return &clerk{o, e, x.prefix + "application"}
				}),
				fxevents.Listen((*clerk).OnPlaced, `async:"mail"`),
				fxevents.AsListener(func() func(context.Context, *placed) error { return late }, `id:"late" async:"mail" priority:"last"`),
				fxevents.Listen((*archive).OnMailed, `async:"archive"`),
				fxevents.Inbox((*sqlevents.Transport).Inbox, "mail"),
				fxevents.Receive(),
				fx.Populate(&outbox),
			)
			app.RequireStart()
			orders := []string{"1", "1", "fails", "1", "fails", "2"} // the same order is the same message
			for _, order := range orders {
				m := transport.Message{ID: order, Event: "order.placed", Source: "/shop", ContentType: "application/json", Body: []byte(`{"Order":"` + order + `"}`)}
				if err := inner.Publish(t.Context(), m); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for range 3 {
				select {
				case order := <-a.got:
					got = append(got, order)
				case <-time.After(time.Minute):
					t.Fatalf("got only %q", got)
				}
			}
			awaitEmpty(t, outbox, "order.placed", "mail")
			app.RequireStop()
			for len(a.got) > 0 {
				got = append(got, <-a.got)
			}
			if slices.Sort(got); !slices.Equal(got, []string{"1 in attempt 1", "2 in attempt 1", "fails in attempt 2"}) {
				t.Errorf("got %q", got)
			}
			var rows int
			if err := x.db.QueryRow("SELECT count(*) FROM " + x.prefix + "application").Scan(&rows); err != nil || rows != 3 {
				t.Errorf("there are %d rows, %v", rows, err)
			}
		})
	}
}

// awaitEmpty waits until each message of a receiver key is handled.
func awaitEmpty(t *testing.T, o *sqlevents.Transport, event, key string) {
	t.Helper()
	for until := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		b, err := o.Backlog(t.Context(), event, key)
		switch {
		case err != nil || b.Dead > 0:
			t.Fatalf("the backlog is %+v, %v", b, err)
		case b.Waiting+b.InFlight+b.Retrying == 0:
			return
		case time.Now().After(until):
			t.Fatalf("after a minute, the backlog is %+v", b)
		}
	}
}
