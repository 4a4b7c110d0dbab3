package faults_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// trade is a test of shops on one database and one broker, with its ledger. What was
// committed stands in the database. This process only audits what was published.
type trade struct {
	t        *testing.T
	at       database
	db       *sql.DB
	broker   site
	record   string
	auditing func()
	patience time.Duration // for what is late

	mu      sync.Mutex
	audited []string // the IDs in the order of the first delivery
	seen    map[string]bool
}

// pair is a database and a broker.
type pair struct {
	database sqlevents.Dialect
	broker   kind
}

var (
	postgresNATS   = pair{sqlevents.PostgreSQL, natsCluster}
	mariadbNATS    = pair{sqlevents.MariaDB, natsCluster}
	sqliteNATS     = pair{sqlevents.SQLite, natsCluster}
	postgresRabbit = pair{sqlevents.PostgreSQL, rabbitMQ}
	allPairs       = []pair{postgresNATS, mariadbNATS, sqliteNATS, postgresRabbit}
)

func (p pair) String() string { return fmt.Sprintf("%v, %s", p.database, p.broker) }

// eachPair runs a test of some pairs, or of all that a whole ledger has.
func eachPair(t *testing.T, few, all []pair, test func(t *testing.T, x *trade)) {
	slow(t)
	t.Parallel()
	if whole {
		few = all
	}
	for _, p := range few {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			test(t, newTrade(t, newDatabase(t, p.database), newSite(t, p.broker)))
		})
	}
}

// newTrade declares the receivers, and begins to audit.
func newTrade(t *testing.T, at database, broker site) *trade {
	t.Helper()
	db, err := at.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	x := &trade{t: t, at: at, db: db, broker: broker, record: filepath.Join(t.TempDir(), "record"), seen: map[string]bool{}, patience: patience}
	b, err := broker.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	for _, r := range shopReceivers {
		if err := b.Declare(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Subscribe(ctx, audit, x.audit) }()
	x.auditing = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("auditing: %v", err)
		}
	})
	t.Cleanup(x.auditing)
	return x
}

func (x *trade) audit(_ context.Context, d transport.Delivery) transport.Verdict {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.seen[d.ID] {
		x.seen[d.ID] = true
		x.audited = append(x.audited, d.ID)
	}
	return transport.Ack()
}

// shop returns a process of the trade that takes orders without end, and receives.
func (x *trade) shop(name string) shop {
	return shop{Database: x.at, Broker: x.broker, Record: x.record, Name: name, Orders: endless, Pause: betweenEvents, Keys: 10}
}

// proxies returns proxies to the database and to the broker, and a function that has a shop
// use them.
func (x *trade) proxies() (toDatabase, toBroker *proxy, through func(shop) shop) {
	x.t.Helper()
	toDatabase, toBroker = newProxy(x.t, sharedServers[x.at.Dialect].Address), newProxy(x.t, addresses[x.broker.Kind])
	return toDatabase, toBroker, func(s shop) shop {
		s.Database, s.Broker = s.Database.through(toDatabase), toBroker.through(x.t, s.Broker)
		return s
	}
}

func (x *trade) start(s shop) *process { return start(x.t, shopVariable, s) }

// count is how many events were audited.
func (x *trade) count() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.audited)
}

// progress waits until some more events are published.
func (x *trade) progress() {
	x.t.Helper()
	const some = 10
	x.progressTo(x.count() + some)
}

// progressTo waits until so many events are published.
func (x *trade) progressTo(want int) {
	x.t.Helper()
	const step = 10 // in the patience of one wait
	for x.count() < want {
		next := min(x.count()+step, want)
		if !eventually(func() bool { return x.count() >= next }) {
			x.t.Fatalf("%d events are published, and it does not go on", x.count())
		}
	}
}

// tradeSummary counts orders and what became of them.
type tradeSummary struct {
	Committed  int
	RolledBack int
	Relayed    int // confirmations of the broker
	Delivered  int // to a handler
	Mailed     int // effects with the inbox
	Lost       int // orders without one of their effects, or not audited
	Ghosts     int // effects without an order
	Doubled    int // more than one effect, with the inbox
	Repeated   int // more than one effect, without the inbox
	Disorder   int // first deliveries that came after a later order of their key
}

func (s tradeSummary) isRight() bool {
	return s.Committed > 0 && s.Lost+s.Ghosts+s.Doubled+s.Disorder == 0
}

// summary compares the orders with their effects.
func (x *trade) summary() (s tradeSummary, err error) {
	ctx := x.t.Context()
	orders, err := ids(ctx, x.db, "orders")
	if err != nil {
		return s, err
	}
	mailed, err := ids(ctx, x.db, "mailed")
	if err != nil {
		return s, err
	}
	counted, err := ids(ctx, x.db, "counted")
	if err != nil {
		return s, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s.Committed = len(orders)
	for id := range orders {
		count(&s.Lost, mailed[id] == 0 || counted[id] == 0 || !x.seen[id])
	}
	s.ghosts(orders, mailed)
	s.ghosts(orders, counted)
	for _, n := range mailed {
		count(&s.Doubled, n > 1)
		s.Mailed += n
	}
	for _, n := range counted {
		count(&s.Repeated, n > 1)
	}
	last := map[string]string{}
	for _, id := range x.audited {
		key := id[:3]
		count(&s.Disorder, id < last[key])
		last[key] = max(last[key], id)
		count(&s.Ghosts, orders[id] == 0)
	}
	return s, x.readRecord(&s)
}

func (s *tradeSummary) ghosts(orders, effects map[string]int) {
	for id := range effects {
		count(&s.Ghosts, orders[id] == 0)
	}
}

// readRecord counts what processes did that is not in the database.
func (x *trade) readRecord(s *tradeSummary) error {
	text, err := os.ReadFile(x.record)
	if errors.Is(err, fs.ErrNotExist) { // nothing is noted yet
		return nil
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 4 {
			continue
		}
		count(&s.RolledBack, fields[1] == rolledBack)
		count(&s.Relayed, fields[1] == relayed && !strings.HasPrefix(fields[2], "quarrel-"))
		count(&s.Delivered, fields[1] == delivered)
	}
	return err
}

// finish settles the trade and holds the ledger against the promise.
func (x *trade) finish(name string, faults int, running ...*process) {
	x.t.Helper()
	s := x.settle(running...)
	x.t.Logf("%s: %+v", name, s)
	if !s.isRight() {
		x.t.Errorf("%s: %+v", name, s)
	}
	addTradeResult(x.t, tradeResult{name, pair{x.at.Dialect, x.broker.Kind}, faults, s})
}

// settle ends the processes, has another one relay and handle the rest, and returns the
// ledger.
func (x *trade) settle(running ...*process) tradeSummary {
	x.t.Helper()
	for _, p := range running {
		p.end()
	}
	last := x.shop("last")
	last.Orders = 0
	p := x.start(last)
	var s tradeSummary
	var err error
	for lost, isDone := endless, false; !isDone; lost = s.Lost { // as long as it goes on
		if !within(x.patience, func() bool {
			s, err = x.summary()
			isDone = err != nil || s.Lost == 0 && x.isDrained()
			return isDone || s.Lost < lost
		}) {
			break
		}
	}
	p.end()
	x.auditing()
	if err == nil {
		s, err = x.summary()
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return s
}

func (x *trade) isDrained() bool {
	var left int
	err := x.db.QueryRowContext(x.t.Context(), "SELECT count(*) FROM rollcall_outbox").Scan(&left)
	return err == nil && left == 0
}

// tradeResult is a line of RESULTS.md.
type tradeResult struct {
	Scenario string
	Pair     pair
	Faults   int
	Summary  tradeSummary
}
