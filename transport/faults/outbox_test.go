package faults_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// How often something fails under an outbox.
var (
	shopKills   = faults(1, 30) // at each point
	shopChanges = faults(3, 20)
	shopCuts    = faults(4, 30)

	databaseRestarts = faults(1, 10)
)

// A process is killed at each point of an event's way from the commit to the effect.
func TestShopKilled(t *testing.T) {
	for _, where := range []string{committed, publishing, published, handling, done} {
		t.Run(where, func(t *testing.T) {
			eachPair(t, []pair{sqliteNATS}, allPairs, func(t *testing.T, x *trade) {
				other := x.start(x.shop("other"))
				for n := range shopKills {
					s := x.shop(fmt.Sprint("killed-", n))
					s.Hangs, s.After = where, 5
					p := x.start(s)
					p.await(inside)
					p.kill()
				}
				x.finish("kill -9 "+where, shopKills, other)
			})
		})
	}
}

// Three instances come and go: one of them is ended, or killed, and another one begins.
func TestShopsComeAndGo(t *testing.T) {
	eachPair(t, []pair{mariadbNATS}, allPairs, func(t *testing.T, x *trade) {
		var running []*process
		for n := range 3 {
			running = append(running, x.start(x.shop(fmt.Sprint(n))))
		}
		for n := range shopChanges {
			x.progress()
			if p := running[n%3]; n%2 == 0 {
				p.end()
			} else {
				p.kill()
			}
			running[n%3] = x.start(x.shop(fmt.Sprint(n + 3)))
		}
		x.finish("three instances that come and go", shopChanges, running...)
	})
}

// The connections to the database and to the broker are cut.
func TestShopsConnectionsCut(t *testing.T) {
	servers := []pair{postgresNATS, mariadbNATS, postgresRabbit}
	eachPair(t, []pair{postgresRabbit}, servers, func(t *testing.T, x *trade) {
		toDatabase, toBroker, through := x.proxies()
		a := x.start(through(x.shop("a")))
		b := x.start(x.shop("b"))
		for n := range shopCuts {
			x.progress()
			[]*proxy{toDatabase, toBroker}[n%2].cut()
		}
		x.progress()
		x.finish("connections cut, to the database and to the broker", shopCuts, a, b)
	})
}

// Transactions are serializable and publish events of several keys in any order, so the
// database ends many of them. The application tries them again.
func TestShopsQuarrel(t *testing.T) {
	eachPair(t, []pair{mariadbNATS}, []pair{postgresNATS, mariadbNATS}, func(t *testing.T, x *trade) {
		var running []*process
		for n := range 2 {
			s := x.shop(fmt.Sprint(n))
			s.Quarrels = true
			running = append(running, x.start(s))
		}
		for range faults(2, 30) {
			x.progress()
		}
		x.finish("serialization failures and deadlocks", 0, running...)
	})
}

// Another transaction stays open. Events of transactions after it are published meanwhile.
func TestShopBesideLongTransaction(t *testing.T) {
	eachPair(t, []pair{postgresNATS}, []pair{postgresNATS, mariadbNATS}, func(t *testing.T, x *trade) {
		tx, err := x.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO rollcall_outbox (part, message_id, event, receiver_key, order_key, content_type, source, headers, body) "+
			"VALUES (0, 'long', 'order.placed', '', '', 'text/plain', '', '{}', '')"); err != nil { // takes an ID
			t.Fatal(err)
		}
		p := x.start(x.shop("a"))
		for until := time.Now().Add(time.Duration(faults(1, 60)) * time.Second); time.Now().Before(until); {
			x.progress()
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		x.finish("a transaction stays open elsewhere", 1, p)
	})
}

// The ledger finds out what breaks the promise.
func TestShopThatLies(t *testing.T) {
	slow(t)
	t.Parallel()
	found := map[string]func(tradeSummary) int{
		forgets: func(s tradeSummary) int { return s.Lost },
		hurries: func(s tradeSummary) int { return s.Disorder },
		doubles: func(s tradeSummary) int { return s.Doubled },
	}
	for lie, number := range found {
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			kind := sqlevents.SQLite
			if lie == doubles {
				kind = sqlevents.PostgreSQL // SQLite has one writer: the effect would wait for the inbox
			}
			x := newTrade(t, newDatabase(t, kind), newSite(t, natsCluster))
			x.patience = time.Second // what is lost does not come
			s := x.shop("a")
			s.Keys, s.Lies = 2, lie
			p := x.start(s)
			if lie == doubles {
				s.Hangs, s.After = handling, 5
				killed := x.start(s)
				killed.await(inside)
				killed.kill()
			}
			x.progress()
			eventually(func() bool { // what is published late must come before the end
				s, err := x.summary()
				return err != nil || number(s) > 0
			})
			if got := x.settle(p); number(got) == 0 || got.isRight() {
				t.Errorf("the ledger does not show it: %+v", got)
			}
		})
	}
}

// The database is stopped, as by a crash, and started again.
func TestShopsDatabaseRestarts(t *testing.T) {
	slow(t)
	t.Parallel()
	kinds := []sqlevents.Dialect{sqlevents.PostgreSQL}
	if whole {
		kinds = append(kinds, sqlevents.MariaDB)
	}
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			srv := newDatabaseServer(t, kind)
			srv.start()
			x := newTrade(t, srv.database(), newSite(t, natsCluster))
			a, b := x.start(x.shop("a")), x.start(x.shop("b"))
			for range databaseRestarts {
				x.progress()
				srv.stop()
				srv.start()
			}
			x.progress()
			x.finish("the database stopped and started", databaseRestarts, a, b)
		})
	}
}

// The broker is away for a while. Orders go on, and their events are published later. The
// whole ledger runs it alone, so that there are 500 orders a second.
func TestShopWithoutBroker(t *testing.T) {
	slow(t)
	if !whole {
		t.Parallel()
	}
	srv := natsServer{freePort(t), t.TempDir()}
	broker := srv.start(t)
	x := newTrade(t, newDatabase(t, sqlevents.PostgreSQL), site{natsCluster, fmt.Sprint("nats://127.0.0.1:", srv.Port), "faults"})
	s := x.shop("a")
	s.Pause = time.Millisecond // two write, and a transaction takes some, too
	p := x.start(s)
	x.progress()
	broker.terminate()
	before, began := x.orders(), time.Now()
	for until := time.Now().Add(time.Duration(faults(1, 60)) * time.Second); time.Now().Before(until) || x.orders() < before+100; pause(t.Context(), betweenTries) {
	}
	taken, away := x.orders()-before, time.Since(began)
	memory := p.residentMemory()
	srv.start(t)
	x.progress()
	t.Logf("%d orders without the broker, %.0f a second; the process has %d MiB", taken, float64(taken)/away.Seconds(), memory>>20)
	if memory > 200<<20 {
		t.Errorf("the process has %d MiB", memory>>20)
	}
	x.finish("the broker away for a while", 1, p)
}

func (x *trade) orders() (n int) {
	x.t.Helper()
	if err := x.db.QueryRowContext(x.t.Context(), "SELECT count(*) FROM orders").Scan(&n); err != nil {
		x.t.Fatal(err)
	}
	return n
}
