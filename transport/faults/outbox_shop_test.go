package faults_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// shopVariable has what a process of a shop does, as JSON.
const shopVariable = "ROLLCALL_FAULTS_SHOP"

// shop is a process that takes orders in a database, relays their events, and receives
// them, until its standard input ends or it is killed.
type shop struct {
	Database database
	Broker   site
	Record   string
	Name     string // of its orders

	Orders   int           // how many it takes
	Pause    time.Duration // between two
	Keys     int           // order keys of its orders
	Quarrels bool          // whether its transactions disturb those of others

	Hangs string // where it stands still, or ""
	After int    // how many times it passes there before

	Lies string // how it breaks the promise, so that the ledger must find that; or ""
}

// How a process breaks the promise.
const (
	forgets = "it confirms what the broker did not get"
	hurries = "it confirms before the broker gets it"
	doubles = "an effect is not part of the inbox's transaction"
)

// Where a process stands still until it is killed. It says inside then.
const (
	committed  = "between commit and relay"
	publishing = "in the relay before the broker's confirmation"
	published  = "in the relay after the broker's confirmation"
	handling   = "in a handler before its commit"
	done       = "in a handler after its commit"
)

// What the record tells of orders.
const (
	rolledBack = "rolledBack"
	relayed    = "relayed" // confirmed by the broker
	delivered  = "delivered"
)

func openShop(text string) int {
	var s shop
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return complain(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return complain(s.run(ctx))
}

func (s shop) run(ctx context.Context) error {
	r, err := openRecord(s.Record)
	if err != nil {
		return err
	}
	db, err := s.Database.open()
	if err != nil {
		return err
	}
	defer db.Close()
	broker, err := s.Broker.open()
	if err != nil {
		return err
	}
	w := &worker{shop: s, db: db, record: r}
	if w.outbox, err = s.Database.outbox(db, observed{broker, w}); err != nil {
		return err
	}
	defer w.outbox.Close()
	w.inbox = w.outbox.Inbox()
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() { complain(w.outbox.Subscribe(ctx, mail, w.mail)) })
	all.Go(func() { complain(w.outbox.Subscribe(ctx, stats, w.count)) })
	for n := range min(s.Orders, 2) {
		all.Go(func() { w.takeOrders(ctx, n) })
	}
	<-ctx.Done()
	return nil
}

// The receivers of a shop's events. A crash counts as an attempt.
var (
	mail  = transport.Subscription{Event: order.Event, Key: "mail", MaxInFlight: 4, MaxAttempts: 1000}
	stats = transport.Subscription{Event: order.Event, Key: "stats", MaxInFlight: 4, MaxAttempts: 1000}
	audit = transport.Subscription{Event: order.Event, Key: "audit", MaxAttempts: 1000}

	shopReceivers = []transport.Subscription{mail, stats, audit, {Event: quarrelled, Key: "mail"}}
)

// quarrelled is the event that a transaction which disturbs others publishes, too.
const quarrelled = "order.quarrelled"

// worker is the process of a shop.
type worker struct {
	shop   shop
	db     *sql.DB
	outbox *sqlevents.Transport
	inbox  transport.Handled
	record *record
	passed atomic.Int64
	sent   atomic.Int64
}

// pass stands still if the process is to be killed here.
func (w *worker) pass(where string) {
	if where == w.shop.Hangs && w.passed.Add(1) > int64(w.shop.After) {
		fmt.Println(inside)
		select {}
	}
}

// observed is a broker that notes what it confirms.
type observed struct {
	opened
	*worker
}

func (o observed) Publish(ctx context.Context, m transport.Message) error {
	if o.shop.Hangs == committed {
		<-ctx.Done() // this process relays nothing
		return ctx.Err()
	}
	o.pass(publishing)
	err := o.send(ctx, m)
	if err == nil {
		o.record.note(relayed, m.ID)
		o.pass(published)
	}
	return err
}

// send publishes an event, unless this process lies.
func (o observed) send(ctx context.Context, m transport.Message) error {
	isOdd := o.sent.Add(1)%2 == 1
	switch {
	case o.shop.Lies == forgets && isOdd:
		return nil
	case o.shop.Lies == hurries && isOdd:
		ctx = context.WithoutCancel(ctx)
		time.AfterFunc(100*time.Millisecond, func() { complain(o.opened.Publish(ctx, m)) })
		return nil
	}
	return o.opened.Publish(ctx, m)
}

// AwaitConnection makes an observed broker a transport.Connector, as the broker is.
func (o observed) AwaitConnection(ctx context.Context) error {
	return o.opened.(transport.Connector).AwaitConnection(ctx)
}

var errRolledBack = errors.New("the card was refused")

func (w *worker) takeOrders(ctx context.Context, n int) {
	for i := n; i < w.shop.Orders && ctx.Err() == nil; i += 2 {
		name := fmt.Sprint(w.shop.Name, "-", i)
		for ctx.Err() == nil {
			err := w.takeOrder(ctx, name)
			if err == nil || errors.Is(err, errRolledBack) {
				break
			}
			pause(ctx, betweenTries) // and try again: the order may be taken twice, as two orders
		}
		pause(ctx, w.shop.Pause)
	}
}

// takeOrder stores an order and publishes its event in one transaction. One in five is
// rolled back at the end.
func (w *worker) takeOrder(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var id string
	write := func(ctx context.Context, tx *sql.Tx) (err error) {
		if id, err = w.store(ctx, tx, name); err != nil {
			return err
		}
		m := event(id)
		m.Headers = map[string]string{"ce-partitionkey": id[:3]}
		if err := w.outbox.Publish(ctx, m); err != nil {
			return err
		}
		if rand.IntN(5) == 0 {
			return errRolledBack
		}
		return nil
	}
	var err error
	if w.shop.Quarrels {
		err = w.quarrel(ctx, write)
	} else {
		err = w.outbox.InTx(ctx, nil, write)
	}
	if errors.Is(err, errRolledBack) {
		w.record.note(rolledBack, id)
	}
	if err == nil {
		w.pass(committed)
	}
	return err
}

// store enters an order. Its ID begins with the key and the number of the order among those
// of the key: the row of the key is locked, so the numbers are in the order of the commits.
func (w *worker) store(ctx context.Context, tx *sql.Tx, name string) (id string, err error) {
	key, n := rand.IntN(w.shop.Keys), 0
	d := w.shop.Database
	if _, err = tx.ExecContext(ctx, d.text("UPDATE counters SET n = n + 1 WHERE k = ?"), key); err != nil {
		return "", err
	}
	if err = tx.QueryRowContext(ctx, d.text("SELECT n FROM counters WHERE k = ?"), key).Scan(&n); err != nil {
		return "", err
	}
	id = fmt.Sprintf("%03d/%06d/%s", key, n, name)
	_, err = tx.ExecContext(ctx, d.text("INSERT INTO orders (id) VALUES (?)"), id)
	return id, err
}

// quarrel writes in a serializable transaction that also publishes two events of other
// keys, in any order, so that it may deadlock or fail to be serialized. It does not try
// again: its caller does.
func (w *worker) quarrel(ctx context.Context, write func(context.Context, *sql.Tx) error) error {
	tx, err := w.db.BeginTx(ctx, w.shop.Database.serializable())
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	ctx = w.outbox.WithTx(ctx, tx)
	for range 2 {
		m := event(fmt.Sprintf("quarrel-%x", rand.Uint64()))
		m.Event = quarrelled
		m.Headers = map[string]string{"ce-partitionkey": fmt.Sprint("quarrel ", rand.IntN(3))}
		if err := w.outbox.Publish(ctx, m); err != nil {
			return err
		}
	}
	if err := write(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// mail is a handler with the inbox: its effect is a row in the inbox's transaction.
func (w *worker) mail(ctx context.Context, d transport.Delivery) transport.Verdict {
	w.record.note(delivered, d.ID)
	err := w.inbox.Once(ctx, "mail/"+d.ID, func(ctx context.Context) error {
		var x sqlevents.Execer = w.db
		if tx, ok := w.outbox.Tx(ctx); ok && w.shop.Lies != doubles {
			x = tx
		}
		_, err := x.ExecContext(ctx, w.shop.Database.text("INSERT INTO mailed (id) VALUES (?)"), d.ID)
		if err == nil {
			w.pass(handling)
		}
		return err
	})
	if err == nil {
		w.pass(done)
	}
	return verdict(err)
}

// count is a handler without the inbox.
func (w *worker) count(ctx context.Context, d transport.Delivery) transport.Verdict {
	w.record.note(delivered, d.ID)
	_, err := w.db.ExecContext(ctx, w.shop.Database.text("INSERT INTO counted (id) VALUES (?)"), d.ID)
	return verdict(err)
}

func verdict(err error) transport.Verdict {
	if err != nil {
		return transport.Retry(betweenTries, err.Error())
	}
	return transport.Ack()
}

var discard = sqlevents.Logger(slog.New(slog.DiscardHandler))
