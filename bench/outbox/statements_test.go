package outbox_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// BenchmarkStatements counts the statements of PostgreSQL that an event costs, by kind.
// BEGIN and COMMIT are the application's.
func BenchmarkStatements(b *testing.B) {
	for _, c := range []struct {
		name string
		run  func(*testing.B, space)
	}{
		{"publish", func(b *testing.B, x space) {
			o := x.publisher(b)
			x.forgetStatements()
			for range b.N {
				check(b, o.Publish(b.Context(), placed("")))
			}
		}},
		{"intx-1", func(b *testing.B, x space) { x.publishInTx(b, 1) }},
		{"intx-10", func(b *testing.B, x space) { x.publishInTx(b, 10) }},
		{"backlog", func(b *testing.B, x space) {
			x.fill(b, b.N)
			x.forgetStatements()
			counting := newCounter(openQuietNATS(b), b.N)
			o := x.outbox(b, counting)
			<-counting.all
			check(b, o.Flush(b.Context()))
		}},
		{"500-a-second", func(b *testing.B, x space) {
			counting := newCounter(openQuietNATS(b), b.N)
			o := x.outbox(b, counting)
			check(b, o.Flush(b.Context()))
			x.forgetStatements()
			take := takeInTx(x, o, nil)
			atRate(b, func(n int) error {
				_, err := take(b.Context(), stamped(n, false))
				return err
			})
			<-counting.all
			x.awaitEmpty(b)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := openCounted(b)
			c.run(b, x)
			for kind, n := range x.statements.take() {
				b.ReportMetric(float64(n)/float64(b.N), kind+"/event")
			}
		})
	}
}

// BenchmarkIdle counts the statements of an instance that has nothing to do.
func BenchmarkIdle(b *testing.B) {
	const idle = 20 * time.Second
	x := openCounted(b)
	o := x.outbox(b, openQuietNATS(b))
	check(b, o.Publish(b.Context(), placed("")))
	check(b, o.Flush(b.Context()))
	time.Sleep(5 * time.Second) // the intervals of polling grow
	x.forgetStatements()
	for range b.N {
		time.Sleep(idle)
	}
	for kind, n := range x.statements.take() {
		b.ReportMetric(float64(n)/float64(b.N)/idle.Seconds(), kind+"/s")
	}
}

func (x space) publishInTx(b *testing.B, events int) {
	o := x.publisher(b)
	x.forgetStatements()
	for range b.N / events {
		check(b, o.InTx(b.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			for range events {
				if err := o.Publish(ctx, placed("")); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// statements counts statements by kind.
type statements struct {
	mu    sync.Mutex
	kinds map[string]int
}

// count counts a statement by its kind. Those of the application's own tables do not count.
func (s *statements) count(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	verb, _, _ := strings.Cut(text, " ")
	switch {
	case strings.Contains(text, "_outbox"), verb == "BEGIN", verb == "COMMIT":
		s.kinds[verb]++
	case !strings.Contains(text, "_application"):
		s.kinds["lease"]++
	}
}

// take returns the counts and begins again.
func (s *statements) take() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counted := maps.Clone(s.kinds)
	clear(s.kinds)
	return counted
}

func (x space) forgetStatements() { x.statements.take() }

// openCounted opens a space whose statements are counted.
func openCounted(b *testing.B) space {
	b.Helper()
	postgres.need(b)
	config, err := pgx.ParseConfig(postgresURL)
	check(b, err)
	counted := &statements{kinds: map[string]int{}}
	db := sql.OpenDB(countingConnector{stdlib.GetConnector(*config), counted})
	x := newSpace(b, db, postgres.dialect, 8)
	x.statements = counted
	return x
}

type countingConnector struct {
	driver.Connector
	counted *statements
}

func (c countingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return countingConn{conn.(*stdlib.Conn), c.counted}, nil
}

type countingConn struct {
	*stdlib.Conn
	counted *statements
}

func (c countingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.counted.count(text)
	return c.Conn.ExecContext(ctx, text, args)
}

func (c countingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.counted.count(text)
	return c.Conn.QueryContext(ctx, text, args)
}

func (c countingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	c.counted.count("BEGIN")
	tx, err := c.Conn.BeginTx(ctx, options)
	return countingTx{tx, c.counted}, err
}

type countingTx struct {
	driver.Tx
	counted *statements
}

func (t countingTx) Commit() error {
	t.counted.count("COMMIT")
	return t.Tx.Commit()
}
