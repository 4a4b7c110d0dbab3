package sqlevents_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

func TestInTxPublishesWhatIsCommitted(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		err := o.InTx(t.Context(), nil, func(ctx context.Context, tx *sql.Tx) error {
			if err := o.Publish(ctx, message("1", "placed")); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO "+x.prefix+"application VALUES ('order')"); err != nil {
				return err
			}
			return o.InTx(ctx, nil, func(ctx context.Context, nested *sql.Tx) error {
				if nested != tx {
					t.Error("a nested call has another transaction")
				}
				return o.Publish(ctx, message("2", "placed"))
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		inner.await(t, 2)
		if n := x.number(t, "SELECT count(*) FROM "+x.prefix+"application"); n != 1 {
			t.Errorf("the application has %d rows", n)
		}
	})
}

// What is rolled back is not published. A message that is published later shows that.
func TestRolledBackTransactionPublishesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		write := func(ctx context.Context, tx *sql.Tx) {
			for _, m := range []transport.Message{message("lost", "placed"), keyed("lost, too", "placed", "a")} {
				if err := o.Publish(ctx, m); err != nil {
					t.Error(err)
				}
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO "+x.prefix+"application VALUES ('order')"); err != nil {
				t.Error(err)
			}
		}
		fails := func(ctx context.Context, tx *sql.Tx) error { write(ctx, tx); return errTest }
		if err := o.InTx(t.Context(), nil, fails); err != errTest {
			t.Errorf("got %v", err)
		}
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			_ = o.InTx(ctx, nil, fails) // its error is ignored
			return nil
		}); !errors.Is(err, errTest) || !strings.HasPrefix(err.Error(), "a nested InTx has failed, so the transaction is rolled back") {
			t.Errorf("got %v", err)
		}
		for _, nested := range []bool{false, true} {
			panics := func(ctx context.Context, tx *sql.Tx) error { write(ctx, tx); panic("at the disco") }
			if got := recovered(func() {
				_ = o.InTx(t.Context(), nil, func(ctx context.Context, tx *sql.Tx) error {
					if nested {
						recovered(func() { _ = o.InTx(ctx, nil, panics) })
						return nil
					}
					return panics(ctx, tx)
				})
			}); nested == (got != nil) {
				t.Errorf("got the panic %v", got)
			}
		}
		tx, err := x.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		write(o.WithTx(t.Context(), tx), tx)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		publish(t, o, message("kept", "placed"))
		flush(t, o)
		if got := inner.ids(); !slices.Equal(got, []string{"kept"}) {
			t.Errorf("published are %q", got)
		}
		if n := x.number(t, "SELECT count(*) FROM "+x.prefix+"application"); n != 0 {
			t.Errorf("the application has %d rows", n)
		}
	})
}

func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

func TestWithTxIsOneInsertInTheTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		tx, err := x.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		counting := &statements{inner: tx}
		ctx := o.WithTx(t.Context(), counting)
		for _, m := range []transport.Message{message("1", "placed"), keyed("2", "placed", "order 17")} {
			if err := o.Publish(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		if len(counting.texts) != 2 {
			t.Errorf("two messages took %q", counting.texts)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		inner.await(t, 2)
	})
}

// statements is an Execer that keeps the statements.
type statements struct {
	inner sqlevents.Execer
	texts []string
}

func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s.texts = append(s.texts, query)
	return s.inner.ExecContext(ctx, query, args...)
}

// A transaction of the outbox's *sql.DB uses statements that are prepared once for each
// connection. One of another *sql.DB prepares its own.
func TestWithTxUsesPreparedStatements(t *testing.T) {
	t.Parallel()
	x := mariadb.tables(t)
	o := x.outbox(t, newRecorder())
	other, err := sql.Open(x.server.driver, x.url)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	n := 0
	// prepared returns how many statements a transaction prepares for its second event.
	prepared := func(db *sql.DB) int {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		var counts [2]int
		for i := range counts {
			n++
			if err := o.Publish(o.WithTx(t.Context(), tx), keyed(fmt.Sprint(n), "placed", "order 17")); err != nil {
				t.Fatal(err)
			}
			var name string
			if err := tx.QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").Scan(&name, &counts[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		return counts[1] - counts[0]
	}
	for late := time.Now().Add(time.Minute); prepared(x.db) > 0; { // the outbox has just begun
		if time.Now().After(late) {
			t.Fatal("each event is prepared")
		}
	}
	if n := prepared(other); n != 1 {
		t.Errorf("with another *sql.DB, %d statements are prepared", n)
	}
	flush(t, o)
}

// InTx joins the transaction of WithTx. Another one would wait for the lock of the key, and so
// for its own caller.
func TestInTxJoinsTheTransactionOfWithTx(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		tx, err := x.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		ctx := o.WithTx(t.Context(), tx)
		if err := o.Publish(ctx, keyed("1", "placed", "a")); err != nil {
			t.Fatal(err)
		}
		if err := o.InTx(ctx, nil, func(ctx context.Context, own *sql.Tx) error {
			if own != tx {
				t.Error("InTx has another transaction")
			}
			return o.Publish(ctx, keyed("2", "placed", "a"))
		}); err != nil {
			t.Fatal(err)
		}
		if n := x.rows(t); n != 0 {
			t.Errorf("%d rows were committed", n)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		inner.await(t, 2)
	})
}

// After the end of a transaction, an event can't be published in it.
func TestPublishAfterTheEndOfATransaction(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		o := x.outbox(t, newRecorder())
		for i := range 20 { // some before the statements are prepared
			tx, err := x.db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx := o.WithTx(t.Context(), tx)
			if err := o.Publish(ctx, message(fmt.Sprint(i), "placed")); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			if err := o.Publish(ctx, message("late", "placed")); !errors.Is(err, sql.ErrTxDone) {
				t.Errorf("got %v", err)
			}
		}
		flush(t, o)
	})
}

// Close waits for no query of the application.
func TestCloseBesideALongQuery(t *testing.T) {
	t.Parallel()
	x := mariadb.tables(t)
	o := x.outbox(t, newRecorder())
	publish(t, o, message("1", "placed"))
	flush(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 3 {
		running.Go(func() { _, _ = x.db.ExecContext(ctx, "DO SLEEP(30)") })
	}
	began := time.Now()
	for x.db.Stats().InUse < 3 {
		time.Sleep(time.Millisecond)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	cancel()
	running.Wait()
}

func TestErrorsComeAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		o := x.outbox(t, newRecorder())
		var kept context.Context
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, tx *sql.Tx) error {
			kept = ctx
			var problem *transport.MessageError
			if err := o.Publish(ctx, message("", "placed")); !errors.As(err, &problem) {
				t.Errorf("got %v", err)
			}
			canceled, cancel := context.WithCancel(ctx)
			cancel()
			if err := o.Publish(canceled, message("1", "placed")); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if err := o.Publish(kept, message("1", "placed")); err == nil || err.Error() != "publishing event placed: the transaction of InTx has ended: do not keep its context" {
			t.Errorf("got %v", err)
		}
		x.exec(t, "DROP TABLE "+x.prefix+"outbox")
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error { return o.Publish(ctx, message("1", "placed")) }); err == nil ||
			!strings.HasPrefix(err.Error(), "inserting 1 events into the outbox: ") {
			t.Errorf("got %v", err)
		}
		if err := o.Publish(t.Context(), message("1", "placed")); err == nil {
			t.Error("a message is stored without a table")
		}
	})
}

// Values are arguments, in whatever statement they are.
func TestValuesAreNoSQL(t *testing.T) {
	const evil = `'"` + "`" + `\'; DROP TABLE outbox; -- ? $1 :a @b %s ü 料`
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		failed := false
		inner.fails = func(m transport.Message) error { // so that it is also an error and an excluded key
			if m.ID == "first" && !failed {
				failed = true
				return errors.New(evil)
			}
			return nil
		}
		o := x.outbox(t, inner, soon)
		text := &statements{inner: x.db}
		ctx := o.WithTx(t.Context(), text)
		var want []transport.Message
		for _, id := range []string{"first", evil} {
			m := transport.Message{ID: id, Event: "placed", ContentType: evil, Source: evil, Body: []byte(evil + "\x00\xff"), Headers: map[string]string{"a": evil, "ce-partitionkey": evil}}
			want = append(want, m)
			if err := o.Publish(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		for _, query := range text.texts {
			if strings.Contains(query, "DROP") {
				t.Errorf("a value is in %s", query)
			}
		}
		flush(t, o)
		for i, m := range inner.all() {
			if w := want[i]; m.ID != w.ID || m.ContentType != w.ContentType || m.Source != w.Source || string(m.Body) != string(w.Body) || !maps.Equal(m.Headers, w.Headers) {
				t.Errorf("got %+v, want %+v", m, w)
			}
		}
	})
}

func TestManyEventsInOneTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		o := x.outbox(t, inner)
		const n = 1201 // three statements
		if err := o.InTx(t.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			for i := range n {
				m := message(fmt.Sprint(i), "placed")
				if i%3 > 0 {
					m = keyed(fmt.Sprint(i), "placed", fmt.Sprint("key ", i%7))
				}
				if err := o.Publish(ctx, m); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		flush(t, o)
		if got := len(inner.all()); got != n {
			t.Errorf("published are %d of %d", got, n)
		}
	})
}
