package outbox_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/bench/turns"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

var body = []byte(strings.Repeat("x", 1024))

// placed returns a message of 1 KiB, with an order key or without. It is one that an
// emitter publishes, with the headers of a trace.
func placed(key string) transport.Message {
	m := transport.Message{ID: "J2XWY4L7ZVQKRSTUABCDEFGHIJ", Event: "order.placed", ContentType: "application/json", Source: "/shop", Body: body}
	if key != "" {
		m.Headers = map[string]string{"ce-partitionkey": key}
	}
	return m
}

// insertBare is the text of an INSERT of the columns that Publish sets.
func (x space) insertBare() string {
	return x.marked("INSERT INTO " + x.prefix + "outbox (part, message_id, event, receiver_key, order_key, content_type, source, headers, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
}

// publishBare inserts a message as Publish does.
func publishBare(ctx context.Context, x sqlevents.Execer, text string, m transport.Message) error {
	headers := "{}"
	if key := m.OrderKey(); key != "" {
		headers = `{"ce-partitionkey":"` + key + `"}`
	}
	_, err := x.ExecContext(ctx, text, rand.IntN(64), m.ID, m.Event, m.Key, m.OrderKey(), m.ContentType, m.Source, headers, m.Body)
	return err
}

// keyed returns a key that no other event of the transaction has: the lock of another event
// would not be free of it.
func keyed(i int) string { return fmt.Sprint("order ", i) }

func unkeyed(int) string { return "" }

var keys = []struct {
	name string
	of   func(i int) string
}{{"no-key", unkeyed}, {"key", keyed}}

// BenchmarkPublish compares Publish in a transaction with a bare INSERT of the same columns
// into the same table. Both run in the same transactions, ten statements each.
func BenchmarkPublish(b *testing.B) {
	for _, d := range databases {
		for _, k := range keys {
			b.Run(fmt.Sprintf("%v/%s", d.dialect, k.name), func(b *testing.B) {
				s := sharedTx{space: d.open(b, 1)}
				o, text, n := s.publisher(b), s.insertBare(), 0
				turn := func(publish func(context.Context, transport.Message) error) func() time.Duration {
					return s.turn(b, 10, func() { n++; check(b, publish(o.WithTx(b.Context(), s.tx), placed(k.of(n)))) })
				}
				turns.Compare(b, turn(o.Publish), turn(func(ctx context.Context, m transport.Message) error {
					return publishBare(ctx, s.tx, text, m)
				}))
				check(b, s.tx.Rollback())
			})
		}
	}
}

// sharedTx is a transaction that each of two sides uses for one turn.
type sharedTx struct {
	space
	tx   *sql.Tx
	uses int
}

// turn returns a function that reports how long so many calls of f take. Before each second
// turn, it begins another transaction.
func (s *sharedTx) turn(b *testing.B, calls int, f func()) func() time.Duration {
	timed := turns.Taking(calls, f)
	return func() time.Duration {
		if s.uses%2 == 0 {
			s.rebegin(b)
		}
		s.uses++
		return timed()
	}
}

func (s *sharedTx) rebegin(b *testing.B) {
	if s.tx != nil {
		check(b, s.tx.Rollback())
	}
	var err error
	s.tx, err = s.db.BeginTx(b.Context(), nil)
	check(b, err)
}

// BenchmarkTransaction compares a transaction that inserts a row and publishes an event with
// one that inserts both rows.
func BenchmarkTransaction(b *testing.B) {
	const calls = 10
	for _, d := range databases {
		for _, k := range keys {
			b.Run(fmt.Sprintf("%v/%s", d.dialect, k.name), func(b *testing.B) {
				x := d.open(b, 4)
				o := x.publisher(b)
				text, n := x.insertBare(), 0
				transaction := func(publish func(context.Context, *sql.Tx, transport.Message) error) func() {
					return func() {
						n++
						_, err := x.inTx(b.Context(), func(tx *sql.Tx) error { return publish(b.Context(), tx, placed(k.of(n))) })
						check(b, err)
					}
				}
				turns.Compare(b,
					turns.Taking(calls, transaction(func(ctx context.Context, tx *sql.Tx, m transport.Message) error {
						return o.Publish(o.WithTx(ctx, tx), m)
					})),
					turns.Taking(calls, transaction(func(ctx context.Context, tx *sql.Tx, m transport.Message) error {
						return publishBare(ctx, tx, text, m)
					})))
			})
		}
	}
}

// BenchmarkTenEvents compares how InTx inserts ten events with ten INSERTs. On PostgreSQL and
// MariaDB, both run in the same transactions, which do not end. On SQLite, InTx prepares
// statements for its own transactions, so each side begins and commits one.
func BenchmarkTenEvents(b *testing.B) {
	for _, d := range databases {
		for _, k := range keys {
			b.Run(fmt.Sprintf("%v/%s", d.dialect, k.name), func(b *testing.B) {
				n := 0
				publish := func(events int, publish func(transport.Message) error) (err error) {
					for range events {
						n++
						err = errors.Join(err, publish(placed(k.of(n))))
					}
					return err
				}
				if d.dialect == sqlevents.SQLite {
					compareOwnTransactions(b, d, publish)
				} else {
					compareInTransaction(b, d, publish)
				}
			})
		}
	}
}

// many publishes so many events.
type many func(events int, publish func(transport.Message) error) error

func compareInTransaction(b *testing.B, d database, publish many) {
	s := sharedTx{space: d.open(b, 1)}
	o, text := s.publisher(b), s.insertBare()
	begin := func(ctx context.Context) (context.Context, sqlevents.Tx, error) { return ctx, endless{s.tx}, nil }
	turns.Compare(b, s.turn(b, 1, func() {
		check(b, o.InTxBy(b.Context(), begin, func(ctx context.Context) error {
			return publish(10, func(m transport.Message) error { return o.Publish(ctx, m) })
		}))
	}), s.turn(b, 1, func() {
		check(b, publish(10, func(m transport.Message) error { return publishBare(b.Context(), s.tx, text, m) }))
	}))
	check(b, s.tx.Rollback())
}

// compareOwnTransactions compares how much longer transactions with ten events take than
// empty ones. The database is in memory, because a disk would take most of the time.
func compareOwnTransactions(b *testing.B, d database, publish many) {
	x := d.openAt(b, "file::memory:", 1)
	o, text := x.publisher(b), x.insertBare()
	turns.Compare(b, adding(func(events int) {
		check(b, o.InTx(b.Context(), nil, func(ctx context.Context, _ *sql.Tx) error {
			return publish(events, func(m transport.Message) error { return o.Publish(ctx, m) })
		}))
	}), adding(func(events int) {
		tx, err := x.db.BeginTx(b.Context(), nil)
		check(b, err)
		check(b, publish(events, func(m transport.Message) error { return publishBare(b.Context(), tx, text, m) }))
		check(b, tx.Commit())
	}))
}

// adding returns a function that reports how much longer a transaction with ten events
// takes than an empty one.
func adding(transaction func(events int)) func() time.Duration {
	with, without := turns.Taking(1, func() { transaction(10) }), turns.Taking(1, func() { transaction(0) })
	return func() time.Duration { return with() - without() }
}

// endless is a transaction that does not end.
type endless struct{ *sql.Tx }

func (endless) Commit() error { return nil }

func (endless) Rollback() error { return nil }
