package outboxtest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

type Placed struct{ Order string }

// Shop stores an order and publishes its event in one transaction.
type Shop struct {
	outbox *sqlevents.Transport
	placed *rollcall.Emitter[*Placed]
}

func NewShop(o *sqlevents.Transport, e *rollcall.Emitter[*Placed]) *Shop { return &Shop{o, e} }

func (s *Shop) Place(ctx context.Context, order string) error {
	return s.outbox.InTx(ctx, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO orders (id) VALUES (?)`, order); err != nil {
			return err
		}
		return s.placed.Emit(ctx, &Placed{Order: order})
	})
}

// Stock books an order in the transaction of the inbox.
type Stock struct {
	outbox *sqlevents.Transport
	booked chan string
}

func NewStock(o *sqlevents.Transport) *Stock { return &Stock{o, make(chan string, 1)} }

func (s *Stock) OnPlaced(ctx context.Context, e *Placed) error {
	tx, ok := s.outbox.Tx(ctx)
	if !ok {
		return fmt.Errorf("order %s: there is no inbox", e.Order)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO booked (order_id) VALUES (?)`, e.Order)
	s.booked <- e.Order
	return err
}

// openDatabase closes the database when the application stops, after the outbox.
func openDatabase(lc fx.Lifecycle, dir directory) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(string(dir), "shop.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		return nil, err
	}
	lc.Append(fx.StopHook(db.Close))
	if _, err := db.Exec(`CREATE TABLE orders (id TEXT PRIMARY KEY); CREATE TABLE booked (order_id TEXT)`); err != nil {
		return nil, err
	}
	return db, sqlevents.Migrate(context.Background(), db, sqlevents.SQLite)
}

// openBroker opens an embedded server. The outbox closes it.
func openBroker(dir directory) (*natsevents.Transport, error) {
	return natsevents.Embedded(filepath.Join(string(dir), "events"))
}

type directory string

func Example_application() {
	ctx := context.Background()
	dir, _ := os.MkdirTemp("", "shop")
	defer os.RemoveAll(dir)
	var shop *Shop
	var stock *Stock
	app := fx.New(
		fx.NopLogger, fx.Supply(directory(dir)),
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fx.Provide(openDatabase, openBroker), // a *sql.DB and a *natsevents.Transport
		fxevents.Transport(func(db *sql.DB, broker *natsevents.Transport) (*sqlevents.Transport, error) {
			return sqlevents.New(db, sqlevents.SQLite, broker)
		}),
		fx.Provide(NewShop, NewStock),
		fxevents.Listen((*Stock).OnPlaced, `async:"stock"`),
		fxevents.Inbox((*sqlevents.Transport).Inbox),
		fxevents.Receive(),
		fx.Populate(&shop, &stock),
	)
	if err := app.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(shop.Place(ctx, "17"))
	fmt.Println("booked", <-stock.booked)
	fmt.Println(app.Stop(ctx))
	// Output:
	// <nil>
	// booked 17
	// <nil>
}
