package sqlevents_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// enter writes a row of the application in the transaction of a context.
func (x space) enter(ctx context.Context, o *sqlevents.Transport, name string) error {
	tx, ok := o.Tx(ctx)
	if !ok {
		return errors.New("no transaction")
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO "+x.prefix+"application VALUES ('"+name+"')")
	return err
}

func (x space) entered(t *testing.T) int {
	t.Helper()
	return x.number(t, "SELECT count(*) FROM "+x.prefix+"application")
}

func TestInboxHandlesOnce(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		box := o.Inbox()
		calls := 0
		outcomes := []func() error{
			func() error { return errTest },
			func() error { panic("at the disco") },
			func() error { return nil },
			func() error { return nil }, // not called
		}
		for _, outcome := range outcomes {
			var err error
			panicked := recovered(func() {
				err = box.Once(t.Context(), "mail/1/shop", func(ctx context.Context) error {
					calls++
					if err := x.enter(ctx, o, fmt.Sprint("call ", calls)); err != nil {
						return err
					}
					if err := o.Publish(ctx, message(fmt.Sprint("by call ", calls), "mailed")); err != nil {
						return err
					}
					return outcome()
				})
			})
			if failed := err != nil || panicked != nil; failed != (calls < 3) || err != nil && err != errTest {
				t.Errorf("call %d: got %v, panicked with %v", calls, err, panicked)
			}
		}
		flush(t, o)
		if ids := inner.ids(); calls != 3 || x.entered(t) != 1 || len(ids) != 1 || ids[0] != "by call 3" {
			t.Errorf("%d calls, %d rows, published %q", calls, x.entered(t), ids)
		}
	})
}

// Of two deliveries at the same moment, the second waits for the first.
func TestInboxWaitsForTheOther(t *testing.T) {
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprintf("the first fails: %v", fails), func(t *testing.T) {
			onEach(t, func(t *testing.T, x space) {
				o := x.outbox(t, newRecorder())
				box := o.Inbox()
				inside, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
				go func() {
					ended <- box.Once(t.Context(), "1", func(ctx context.Context) error {
						close(inside)
						<-release
						if fails {
							return errTest
						}
						return x.enter(ctx, o, "first")
					})
				}()
				<-inside
				called, second := false, make(chan error, 1)
				go func() {
					second <- box.Once(t.Context(), "1", func(ctx context.Context) error {
						select {
						case <-release:
						default:
							t.Error("the second handler runs beside the first")
						}
						called = true
						return x.enter(ctx, o, "second")
					})
				}()
				x.awaitWaiting(t)
				close(release)
				if err := <-ended; fails != (err != nil) {
					t.Error(err)
				}
				if err := <-second; err != nil || called != fails || x.entered(t) != 1 {
					t.Errorf("got %v; called: %v, %d rows", err, called, x.entered(t))
				}
			})
		})
	}
}

// awaitWaiting waits until a statement of this test waits for another transaction. SQLite
// can't say so.
func (x space) awaitWaiting(t *testing.T) {
	t.Helper()
	waits := map[sqlevents.Dialect]func(*testing.T) bool{
		sqlevents.SQLite:     func(*testing.T) bool { return true },
		sqlevents.PostgreSQL: x.waitsInPostgreSQL,
		sqlevents.MariaDB:    x.waitsInMariaDB,
	}[x.dialect]
	for !waits(t) {
		time.Sleep(5 * time.Millisecond)
	}
}

func (x space) waitsInPostgreSQL(t *testing.T) bool {
	t.Helper()
	return x.number(t, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"+x.prefix+"%' AND pid <> pg_backend_pid()") > 0
}

// waitsInMariaDB asks the monitor. The view innodb_trx is not made again while several ask
// for it within a tenth of a second.
func (x space) waitsInMariaDB(t *testing.T) bool {
	t.Helper()
	var kind, name, status string
	if err := x.db.QueryRow("SHOW ENGINE INNODB STATUS").Scan(&kind, &name, &status); err != nil {
		t.Fatal(err)
	}
	for transaction := range strings.SplitSeq(status, "---TRANSACTION") {
		if strings.Contains(transaction, "LOCK WAIT") && strings.Contains(transaction, x.prefix) {
			return true
		}
	}
	return false
}

// Messages are delivered several times, concurrently, and handlers fail now and then. Each
// message has one effect.
func TestInboxUnderLoad(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		box := o.Inbox()
		const messages = 20
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for _, id := range rand.Perm(messages) {
					name := fmt.Sprint("message ", id)
					handle := func(ctx context.Context) error {
						err := errors.Join(x.enter(ctx, o, name), o.Publish(ctx, keyed(name, "mailed", "a")))
						if rand.IntN(3) == 0 {
							return errTest
						}
						return err
					}
					for err := errTest; err != nil; {
						if err = box.Once(t.Context(), name, handle); err != nil && !errors.Is(err, errTest) {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		group.Wait()
		flush(t, o)
		if n, ids := x.entered(t), inner.ids(); n != messages || len(ids) != messages {
			t.Errorf("%d effects, %d messages published of %d", n, len(ids), messages)
		}
	})
}

// Handlers that read and then write the same row in serializable transactions disturb each
// other. No update is lost.
func TestInboxOfSerializableTransactions(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		o := x.outbox(t, newRecorder())
		box := o.InboxBy(func(ctx context.Context) (context.Context, sqlevents.Tx, error) {
			options := &sql.TxOptions{Isolation: sql.LevelSerializable}
			if x.dialect != sqlevents.SQLite {
				tx, err := x.db.BeginTx(ctx, options)
				return ctx, tx, err
			}
			tx, err := x.db.BeginTx(ctx, nil)
			if err == nil {
				_, err = tx.ExecContext(ctx, "UPDATE "+x.prefix+"schema SET version = version") // write before reading
			}
			return ctx, tx, err
		})
		x.exec(t, "INSERT INTO "+x.prefix+"application VALUES ('0')")
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() {
				for j := range 5 {
					add := func(ctx context.Context) error {
						tx, _ := o.Tx(ctx)
						var n int
						if err := tx.QueryRowContext(ctx, "SELECT name FROM "+x.prefix+"application").Scan(&n); err != nil {
							return fmt.Errorf("reading: %w", err)
						}
						_, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %sapplication SET name = '%d'", x.prefix, n+1))
						return err
					}
					if err := box.Once(t.Context(), fmt.Sprint(i, "/", j), add); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if n := x.number(t, "SELECT name FROM "+x.prefix+"application"); n != 15 {
			t.Errorf("15 were added, but the sum is %d", n)
		}
	})
}

// failing is a transaction that can't be committed.
type failing struct {
	*sql.Tx
	err error
}

func (f failing) Commit() error { return f.err }

type stateError string

func (e stateError) Error() string    { return "state " + string(e) }
func (e stateError) SQLState() string { return string(e) }

type codeError int

func (e codeError) Error() string { return "code" }
func (e codeError) Code() int     { return int(e) }

func TestInboxTriesAgain(t *testing.T) {
	x := sqlite.tables(t)
	o := x.outbox(t, newRecorder())
	tests := []struct {
		err   error
		again bool
	}{
		{stateError("40001"), true},
		{stateError("40P01"), true},
		{errors.New("Error 1213 (40001): Deadlock found when trying to get lock"), true},
		{errors.New("Error 1020 (HY000): Record has changed since last read"), true},
		{fmt.Errorf("listener: %w", errors.Join(errTest, errors.New("Error 1213 (40001): Deadlock"))), true},
		{codeError(5 | 2<<8), true},
		{errors.New("database is locked"), true},
		{codeError(19), false},
		{stateError("23505"), false},
		{errors.New("Error 1062 (23000): Duplicate entry 'Error 1213 (40001)'"), false},
		{errTest, false},
	}
	for i, test := range tests {
		begun := 0
		box := o.InboxBy(func(ctx context.Context) (context.Context, sqlevents.Tx, error) {
			tx, err := x.db.BeginTx(ctx, nil)
			if begun++; begun == 3 {
				return ctx, tx, err
			}
			return ctx, failing{tx, test.err}, err
		})
		calls := 0
		err := box.Once(t.Context(), fmt.Sprint(i), func(context.Context) error { calls++; return nil })
		if test.again && (err != nil || calls != 3) || !test.again && (!errors.Is(err, test.err) || calls != 1) {
			t.Errorf("%v: got %v after %d calls", test.err, err, calls)
		}
	}
	begun := 0
	endless := o.InboxBy(func(ctx context.Context) (context.Context, sqlevents.Tx, error) {
		begun++
		tx, err := x.db.BeginTx(ctx, nil)
		return ctx, failing{tx, stateError("40001")}, err
	})
	if err := endless.Once(t.Context(), "endless", func(context.Context) error { return nil }); !errors.Is(err, stateError("40001")) || begun != 10 {
		t.Errorf("got %v after %d transactions", err, begun)
	}
}

func TestInboxJoins(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		box := o.Inbox()
		handle := func(name string) func(context.Context) error {
			return func(ctx context.Context) error {
				return errors.Join(x.enter(ctx, o, name), o.Publish(ctx, message(name, "mailed")))
			}
		}
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			if err := box.Once(ctx, "1", handle("rolled back")); err != nil {
				t.Error(err)
			}
			return errTest
		}); err != errTest {
			t.Error(err)
		}
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			_ = box.Once(ctx, "1", func(context.Context) error { return errTest }) // its error is ignored
			return nil
		}); !errors.Is(err, errTest) {
			t.Error(err)
		}
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			return box.Once(ctx, "1", handle("committed"))
		}); err != nil {
			t.Error(err)
		}
		tx, err := x.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := box.Once(o.WithTx(t.Context(), tx), "2", handle("by WithTx")); err != nil {
			t.Error(err)
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
		flush(t, o)
		if n, ids := x.entered(t), inner.ids(); n != 2 || len(ids) != 2 {
			t.Errorf("%d rows, published %q", n, ids)
		}
	})
}

func TestInboxTellsIDsApart(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		box := x.outbox(t, newRecorder()).Inbox()
		ids := []string{"a", "A", "a ", "", "ä", "a\x00", "a\xff", strings.Repeat("a", 255), strings.Repeat("a", 256), strings.Repeat("a", 257), strings.Repeat("ü", 200)}
		for round := range 2 {
			for _, id := range ids {
				called := false
				if err := box.Once(t.Context(), id, func(context.Context) error { called = true; return nil }); err != nil || called != (round == 0) {
					t.Errorf("round %d, %.20q: got %v; called: %v", round, id, err, called)
				}
			}
		}
	})
}

func TestInboxForgets(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		o := x.outbox(t, newRecorder())
		box := o.Inbox()
		for i := range 2500 {
			x.exec(t, fmt.Sprintf("INSERT INTO %shandled (id, at) VALUES ('old %d', 0)", x.prefix, i))
			if i%500 == 0 {
				if err := box.Once(t.Context(), fmt.Sprint("new ", i), func(context.Context) error { return nil }); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := o.Clean(t.Context()); err != nil {
			t.Fatal(err)
		}
		if old, all := x.number(t, "SELECT count(*) FROM "+x.prefix+"handled WHERE at = 0"), x.number(t, "SELECT count(*) FROM "+x.prefix+"handled"); old != 0 || all != 5 {
			t.Errorf("%d old and %d other rows are left", old, all-old)
		}
	})
}

// other is a transaction that is no *sql.Tx.
type other struct{ sqlevents.Tx }

func TestTransactionsByOtherMeans(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		type key struct{}
		begin := func(ctx context.Context) (context.Context, sqlevents.Tx, error) {
			tx, err := x.db.BeginTx(ctx, nil)
			return context.WithValue(ctx, key{}, tx), other{tx}, err
		}
		if err := o.InTxBy(t.Context(), begin, func(ctx context.Context) error {
			if _, ok := o.Tx(ctx); ok {
				t.Error("another transaction is returned as *sql.Tx")
			}
			tx := ctx.Value(key{}).(*sql.Tx)
			if _, err := tx.ExecContext(ctx, "INSERT INTO "+x.prefix+"application VALUES ('order')"); err != nil {
				return err
			}
			return o.Publish(ctx, keyed("1", "placed", "a"))
		}); err != nil {
			t.Fatal(err)
		}
		inner.await(t, 1)
		if x.entered(t) != 1 {
			t.Error("the transaction is not committed")
		}
		err := o.InTxBy(t.Context(), begin, func(ctx context.Context) error {
			return o.InTx(ctx, nil, func(context.Context, *sql.Tx) error { return nil })
		})
		if err == nil || err.Error() != "this InTx would join a transaction that is not a *sql.Tx: use InTxBy" {
			t.Errorf("got %v", err)
		}
		err = o.InTxBy(t.Context(), func(ctx context.Context) (context.Context, sqlevents.Tx, error) { return nil, nil, errTest }, nil)
		if err == nil || err.Error() != "beginning a transaction: not today" {
			t.Errorf("got %v", err)
		}
	})
}

// Two transactions that publish two order keys in different orders wait for each other.
func TestDeadlockIsReportedAsOne(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		if x.dialect == sqlevents.SQLite {
			return // one transaction writes at a time
		}
		o := x.outbox(t, newRecorder())
		var txs [2]*sql.Tx
		for i := range txs {
			var err error
			if txs[i], err = x.db.BeginTx(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		put := func(i int, key string) error {
			err := o.Publish(o.WithTx(t.Context(), txs[i]), keyed(fmt.Sprint(key, i), "placed", key))
			if err != nil {
				_ = txs[i].Rollback()
			}
			return err
		}
		if err := errors.Join(put(0, "a"), put(1, "b")); err != nil {
			t.Fatal(err)
		}
		first := make(chan error, 1)
		go func() { first <- put(0, "b") }()
		second := put(1, "a")
		err := errors.Join(<-first, second)
		var deadlock *sqlevents.DeadlockError
		if !errors.As(err, &deadlock) || !strings.Contains(err.Error(), "publishing event placed: the database has ended this transaction, because it and another one waited for each other: roll back and run it again") {
			t.Errorf("got %v", err)
		}
		for _, tx := range txs {
			_ = tx.Rollback()
		}
	})
}
