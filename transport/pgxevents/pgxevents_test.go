package pgxevents_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/goleak"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/pgxevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// space is tables in a database that nobody else uses.
type space struct {
	pool   *pgxpool.Pool
	prefix string
}

// open makes tables, or skips if there is no server.
func open(t testing.TB) space {
	t.Helper()
	testserver.PostgreSQL.Need(t)
	pool, err := pgxpool.New(t.Context(), "postgres://postgres@"+testserver.PostgreSQL.Address+"/test?pool_max_conns=6")
	if err != nil {
		t.Fatal(err)
	}
	x := space{pool, "p" + strings.ToLower(rand.Text()[:12]) + "_"}
	t.Cleanup(func() {
		db := stdlib.OpenDBFromPool(pool)
		testserver.DropTables(db, x.prefix)
		_ = db.Close()
		pool.Close()
	})
	if err := pgxevents.Migrate(t.Context(), pool, sqlevents.Prefix(x.prefix)); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE "+x.prefix+"application (name text PRIMARY KEY)"); err != nil {
		t.Fatal(err)
	}
	return x
}

// outbox opens an outbox around another transport.
func (x space) outbox(t testing.TB, inner transport.Transport, options ...sqlevents.Option) *pgxevents.Transport {
	t.Helper()
	options = append(options, sqlevents.Prefix(x.prefix), sqlevents.Logger(slog.New(slog.DiscardHandler)))
	o, err := pgxevents.New(x.pool, inner, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

func (x space) enter(ctx context.Context, tx pgx.Tx, name string) error {
	_, err := tx.Exec(ctx, "INSERT INTO "+x.prefix+"application VALUES ($1)", name)
	return err
}

// entered returns the names that were committed.
func (x space) entered(t *testing.T) []string {
	t.Helper()
	rows, err := x.pool.Query(t.Context(), "SELECT name FROM "+x.prefix+"application ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// recorder keeps the IDs of what it confirms.
type recorder struct {
	transport.Transport
	mu  sync.Mutex
	ids []string
}

func (r *recorder) Publish(_ context.Context, m transport.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, m.ID)
	return nil
}

// published flushes the outbox and returns the IDs of what was published, sorted.
func (r *recorder) published(t *testing.T, o *pgxevents.Transport) []string {
	t.Helper()
	if err := o.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.ids))
}

func message(id string) transport.Message {
	return transport.Message{ID: id, Event: "placed", ContentType: "text/plain", Body: []byte(id), Headers: map[string]string{"ce-partitionkey": "key of " + id}}
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

var errTest = errors.New("not today")

func TestConforms(t *testing.T) {
	t.Parallel()
	transporttest.Run(t, func(t *testing.T) transport.Transport {
		return flushed{open(t).outbox(t, &transport.Local{}, sqlevents.OrderBy(func(m transport.Message) string { return m.Event }))}
	})
}

// flushed is an outbox that is flushed before a receiver is declared: the kit asks that
// the receiver gets nothing from before.
type flushed struct{ *pgxevents.Transport }

func (f flushed) Declare(ctx context.Context, s transport.Subscription) error {
	if err := f.Flush(ctx); err != nil {
		return err
	}
	return f.Transport.Declare(ctx, s)
}

// What is committed is published, and nothing else.
func TestTransactions(t *testing.T) {
	t.Parallel()
	x, inner := open(t), &recorder{}
	o := x.outbox(t, inner)
	ctx := t.Context()
	write := func(ctx context.Context, name string) error {
		tx, ok := o.Tx(ctx)
		if !ok {
			return errors.New("the context has no transaction")
		}
		return errors.Join(x.enter(ctx, tx, name), o.Publish(ctx, message(name)))
	}
	if err := o.InTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		return errors.Join(write(ctx, "InTx"), o.InTx(ctx, pgx.TxOptions{}, func(ctx context.Context, nested pgx.Tx) error {
			if nested != tx {
				t.Error("a nested call has another transaction")
			}
			return write(ctx, "nested")
		}))
	}); err != nil {
		t.Error(err)
	}
	if err := o.InTx(ctx, pgx.TxOptions{}, func(ctx context.Context, _ pgx.Tx) error {
		return errors.Join(write(ctx, "rolled back"), errTest)
	}); !errors.Is(err, errTest) {
		t.Error(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = o.InTx(ctx, pgx.TxOptions{}, func(ctx context.Context, _ pgx.Tx) error {
			_ = write(ctx, "panicked")
			panic("at the disco")
		})
	}()
	if err := o.InTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		_ = write(ctx, "aborted")
		_, _ = tx.Exec(ctx, "SELECT 1/0") // the error is ignored
		return nil
	}); err == nil || !strings.Contains(err.Error(), "current transaction is aborted") {
		t.Errorf("got %v", err)
	}
	for _, commits := range []bool{true, false} {
		tx, err := x.pool.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		name := "WithTx"
		end := tx.Commit
		if !commits {
			name, end = "not committed", tx.Rollback
		}
		if err := errors.Join(write(o.WithTx(ctx, tx), name), end(ctx)); err != nil {
			t.Error(err)
		}
	}
	if err := o.Publish(ctx, message("alone")); err != nil {
		t.Error(err)
	}
	if _, ok := o.Tx(ctx); ok {
		t.Error("a context without a transaction has one")
	}
	same(t, "rows", x.entered(t), "InTx", "WithTx", "nested")
	same(t, "published", inner.published(t, o), "InTx", "WithTx", "alone", "nested")
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	x, inner := open(t), &recorder{}
	o := x.outbox(t, inner)
	ctx, cancel := context.WithCancel(t.Context())
	if err := o.InTx(ctx, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		err := errors.Join(x.enter(ctx, tx, "cancelled"), o.Publish(ctx, message("cancelled")))
		cancel()
		return err
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	same(t, "rows", x.entered(t))
	same(t, "published", inner.published(t, o))
	if n := x.pool.Stat().AcquiredConns(); n > 2 { // the relay may have some
		t.Errorf("%d connections are not given back", n)
	}
}

// Messages are delivered several times, concurrently, and a third of the deliveries fails
// first. Each message has one effect.
func TestInbox(t *testing.T) {
	t.Parallel()
	x, inner := open(t), &recorder{}
	o := x.outbox(t, inner)
	box := o.Inbox()
	const messages = 10
	var group sync.WaitGroup
	for worker := range 3 {
		group.Go(func() {
			for id := range messages {
				name, fails := fmt.Sprint("message ", id), worker == id%3
				for err := errTest; err != nil; fails = false {
					if err = box.Once(t.Context(), name, func(ctx context.Context) error {
						tx, _ := o.Tx(ctx)
						if err := errors.Join(x.enter(ctx, tx, name), o.Publish(ctx, message(name))); err != nil || !fails {
							return err
						}
						return errTest
					}); err != nil && err != errTest {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	group.Wait()
	if rows, published := x.entered(t), inner.published(t, o); len(rows) != messages || !slices.Equal(rows, published) {
		t.Errorf("rows %q, published %q", rows, published)
	}
}

func TestInboxOfAbortedTransaction(t *testing.T) {
	t.Parallel()
	x := open(t)
	o := x.outbox(t, &recorder{})
	box := o.Inbox()
	calls := 0
	if err := box.Once(t.Context(), "1", func(ctx context.Context) error {
		tx, _ := o.Tx(ctx)
		if calls++; calls == 1 {
			_, err := tx.Exec(ctx, "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$")
			return fmt.Errorf("a listener: %w", err)
		}
		return x.enter(ctx, tx, "once")
	}); err != nil || calls != 2 {
		t.Errorf("got %v after %d calls", err, calls)
	}
	same(t, "rows", x.entered(t), "once")
}

// A transaction of database/sql publishes, too. InTx refuses to join it.
func TestTransactionOfDatabaseSQL(t *testing.T) {
	t.Parallel()
	x, inner := open(t), &recorder{}
	o := x.outbox(t, inner)
	if err := o.Transport.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
		return o.Publish(ctx, message("by database/sql"))
	}); err != nil {
		t.Error(err)
	}
	err := o.Transport.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
		return errors.Join(o.Publish(ctx, message("rolled back")), o.InTx(ctx, pgx.TxOptions{}, nil))
	})
	if err == nil || !strings.Contains(err.Error(), "this InTx would join a transaction that pgxevents did not begin: use InTxBy") {
		t.Errorf("got %v", err)
	}
	same(t, "published", inner.published(t, o), "by database/sql")
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	x := open(t)
	if _, err := pgxevents.New(nil, &recorder{}); err == nil || err.Error() != "pgxevents: New needs a pool and another transport" {
		t.Errorf("got %v", err)
	}
	if _, err := pgxevents.New(x.pool, &recorder{}, sqlevents.Lease(1)); err == nil || err.Error() != "sqlevents: Lease is 1ns, and must be at least 1s" {
		t.Errorf("got %v", err)
	}
	if err := pgxevents.Migrate(t.Context(), x.pool, sqlevents.Prefix("X")); err == nil || !strings.Contains(err.Error(), `the prefix "X" must be`) {
		t.Errorf("got %v", err)
	}
}

func TestWrongTables(t *testing.T) {
	t.Parallel()
	x := open(t)
	o := space{x.pool, x.prefix + "other_"}.outbox(t, &recorder{})
	var wrong *sqlevents.SchemaError
	if err := o.AwaitConnection(t.Context()); !errors.As(err, &wrong) || wrong.Found != 0 {
		t.Errorf("got %v", err)
	}
}
