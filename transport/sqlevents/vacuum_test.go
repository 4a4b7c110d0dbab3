package sqlevents_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// load publishes events of 1 KiB, ten in a transaction, and measures how long each takes
// from InTx to the broker.
type load struct {
	transport.Transport
	rate int // events a second

	mu    sync.Mutex
	took  []time.Duration
	total int
	want  int
	all   chan struct{} // closed when total is want
}

func (l *load) Publish(_ context.Context, m transport.Message) error {
	nanoseconds, _, _ := strings.Cut(m.ID, "/")
	begun, err := strconv.ParseInt(nanoseconds, 10, 64)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, time.Since(time.Unix(0, begun)))
	if l.total++; l.total == l.want {
		close(l.all)
	}
	return err
}

// take returns what was measured since the last call, sorted.
func (l *load) take() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.took)
	defer func() { l.took = nil }()
	return l.took
}

// run publishes for some time, and waits until the broker has everything.
func (l *load) run(t *testing.T, o *sqlevents.Transport, d time.Duration) {
	t.Helper()
	const together = 10
	l.mu.Lock()
	l.want += int(d.Seconds() * float64(l.rate))
	l.all = make(chan struct{})
	l.mu.Unlock()
	interval := time.Second * together / time.Duration(l.rate)
	body := make([]byte, 1024)
	begun := time.Now()
	for n := range int(d / interval) {
		time.Sleep(time.Until(begun.Add(time.Duration(n) * interval)))
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			for i := range together {
				m := message(fmt.Sprint(time.Now().UnixNano(), "/", i), "placed")
				m.Body = body
				if err := o.Publish(ctx, m); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-l.all:
	case <-time.After(5 * time.Minute):
		t.Fatal("events are missing")
	}
}

// While a transaction stays open, vacuum can't remove the rows that the relay deletes, and
// the relay's reads pass all of them. OutboxStats shows it. This is the whole form, with the
// minutes that docs/production.md has figures of:
//
//	ROLLCALL_LEDGER=1 go test -run TestDeadRows -v -timeout 60m ./transport/sqlevents
func TestDeadRows(t *testing.T) {
	t.Parallel()
	x := postgres.tables(t)
	minute, before, during, after := 300*time.Millisecond, 1, 3, 1
	if os.Getenv("ROLLCALL_LEDGER") == "1" {
		minute, before, during, after = time.Minute, 3, 10, 2
	}
	l := &load{rate: 1000}
	o := x.outbox(t, l)
	t.Log("minute  transaction  events  dead rows  horizon  read    buffers  p50     p99     table   took")
	passed := 0
	pass := func(minutes int, open string) (last transport.OutboxVacuum) {
		for range minutes {
			began := time.Now()
			l.run(t, o, minute)
			passed++
			last = x.minute(t, o, l, passed, open, began)
		}
		return last
	}
	pass(before, "none")
	end := x.snapshot(t)
	held := pass(during, "open")
	end()
	pass(after, "ended")
	published := int(minute.Seconds()*1000) * during
	if held.DeadRows < published/2 || held.Horizon < published/100 {
		t.Errorf("%d events beside a transaction: got %+v", published, held)
	}
	for limit := time.Now().Add(time.Minute); x.vacuumed(t, o).DeadRows > held.DeadRows/2; { // a session may report late what it deleted
		if time.Now().After(limit) {
			t.Fatalf("after the transaction, vacuum leaves %+v of %+v", x.vacuumed(t, o), held)
		}
	}
}

// After vacuum has found an empty table, the planner expects no rows. A read must still use
// the index of the partitions: otherwise each partition's part of it reads the rows of all.
func TestReadsUseTheIndexOfThePartitions(t *testing.T) {
	t.Parallel()
	x := postgres.tables(t)
	l := &load{rate: 1000}
	o := x.outbox(t, l)
	defer x.snapshot(t)()
	l.run(t, o, 300*time.Millisecond)
	_ = o.Close()
	x.exec(t, "VACUUM "+x.prefix+"outbox")
	if n := x.number(t, "SELECT reltuples::int FROM pg_class WHERE oid = '"+x.prefix+"outbox'::regclass"); n != 0 {
		t.Fatalf("the planner expects %d rows", n)
	}
	text, args := sqlevents.ReadText(o)
	if plan := x.plan(t, "EXPLAIN "+text, args); !strings.Contains(plan, x.prefix+"outbox_part") || strings.Contains(plan, "outbox_pkey") {
		t.Errorf("the plan is\n%s", plan)
	}
}

func (x space) plan(t *testing.T, text string, args []any) string {
	t.Helper()
	rows, err := x.db.QueryContext(t.Context(), text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// snapshot begins a transaction that reads once and stays open until end is called.
func (x space) snapshot(t *testing.T) (end func()) {
	t.Helper()
	tx, err := x.db.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	var one int
	if err := tx.QueryRowContext(t.Context(), "SELECT 1").Scan(&one); err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

// minute logs what a minute has led to, then vacuums the table as autovacuum does every
// minute by default, and returns what is left then.
func (x space) minute(t *testing.T, o *sqlevents.Transport, l *load, number int, open string, began time.Time) transport.OutboxVacuum {
	t.Helper()
	lasted := time.Since(began).Round(time.Second)
	took, read, s := l.take(), x.readTook(t, o), x.vacuumStats(t, o)
	size := x.number(t, "SELECT pg_relation_size('"+x.prefix+"outbox')")
	tenth := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	t.Logf("%6d  %-11s  %6d  %9d  %7d  %6s  %7d  %6s  %6s  %4d MB %s", number, open, len(took), s.DeadRows, s.Horizon,
		tenth(read), x.readBuffers(t, o), tenth(took[len(took)/2]), tenth(took[len(took)*99/100]), size>>20, lasted)
	return x.vacuumed(t, o)
}

// readTook returns the fastest of five reads of the relay that find nothing.
func (x space) readTook(t *testing.T, o *sqlevents.Transport) time.Duration {
	t.Helper()
	fastest := time.Hour
	for range 5 {
		begun := time.Now()
		if err := sqlevents.ReadOnce(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		fastest = min(fastest, time.Since(begun))
	}
	return fastest
}

// readBuffers returns how many buffers a read of the relay passes.
func (x space) readBuffers(t *testing.T, o *sqlevents.Transport) (n int) {
	t.Helper()
	text, args := sqlevents.ReadText(o)
	plan := x.plan(t, "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) "+text, args)
	for _, number := range regexp.MustCompile(`(?:hit|read)=(\d+)`).FindAllStringSubmatch(strings.SplitAfterN(plan, "\n", 3)[1], -1) {
		more, _ := strconv.Atoi(number[1])
		n += more
	}
	return n
}

func (x space) vacuumed(t *testing.T, o *sqlevents.Transport) transport.OutboxVacuum {
	t.Helper()
	x.exec(t, "VACUUM "+x.prefix+"outbox")
	return x.vacuumStats(t, o)
}

// vacuumStats returns the statistics. It ends the idle sessions of this process, because a
// session that ends reports what it deleted.
func (x space) vacuumStats(t *testing.T, o *sqlevents.Transport) transport.OutboxVacuum {
	t.Helper()
	x.db.SetMaxIdleConns(0)
	x.db.SetMaxIdleConns(6)
	s, err := o.OutboxStats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return *s.Vacuum
}
