package sqlevents_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

type Placed struct{ Order string }

// OrderKey keeps the events of an order in order.
func (p *Placed) OrderKey() string { return p.Order }

type shop struct {
	outbox *sqlevents.Transport
	events *transport.Publisher // in an Fx application, an emitter
}

func (s *shop) place(ctx context.Context, order string, pay func() error) error {
	return s.outbox.InTx(ctx, nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO orders (id) VALUES (?)`, order); err != nil {
			return err
		}
		if err := s.events.Publish(ctx, "order.placed", &Placed{Order: order}); err != nil {
			return err
		}
		return pay()
	})
}

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	dir, _ := os.MkdirTemp("", "shop")
	defer os.RemoveAll(dir)
	db, _ := sql.Open("sqlite", "file:"+filepath.Join(dir, "shop.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	defer db.Close()
	_, _ = db.Exec(`CREATE TABLE orders (id TEXT PRIMARY KEY)`)
	if err := sqlevents.Migrate(ctx, db, sqlevents.SQLite); err != nil {
		fmt.Println(err)
	}
	outbox, err := sqlevents.New(db, sqlevents.SQLite, &transport.Local{})
	if err != nil {
		fmt.Println(err)
	}
	defer outbox.Close()

	_ = outbox.Declare(ctx, transport.Subscription{Event: "order.placed", Key: "mail"})
	s := &shop{outbox, transport.NewPublisher(outbox)}
	fmt.Println(s.place(ctx, "17", func() error { return errors.New("the card was refused") }))
	fmt.Println(s.place(ctx, "18", func() error { return nil }))

	_ = transport.NewReceiver("mail", func(_ context.Context, p *Placed) error {
		fmt.Println("mail about order", p.Order)
		cancel()
		return nil
	}).Receive(ctx, outbox, "order.placed")
	// Output:
	// the card was refused
	// <nil>
	// mail about order 18
}
