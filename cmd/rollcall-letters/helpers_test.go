package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// place is a server with dead letters of its own.
type place struct {
	url, prefix string
	open        func(t testing.TB) transport.Transport // nil for a database
	db          *sql.DB
	dialect     sqlevents.Dialect
}

// quiet discards what transports log.
var quiet = slog.New(slog.DiscardHandler)

func natsPlace(t testing.TB) place {
	t.Helper()
	p := place{url: natsURL(t, "ann", password), prefix: "t" + strings.ToLower(rand.Text()[:8])}
	p.open = p.natsTransport
	return p
}

func (p place) natsTransport(t testing.TB) transport.Transport {
	t.Helper()
	x, err := natsevents.Connect(p.url, natsevents.Prefix(p.prefix), natsevents.Logger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

func amqpPlace(t testing.TB, options ...amqpevents.Option) place {
	t.Helper()
	need(t, "amqp")
	p := place{url: "amqp://guest:guest@127.0.0.1:5672/", prefix: "t" + strings.ToLower(rand.Text()[:8])}
	p.open = func(t testing.TB) transport.Transport {
		x, err := amqpevents.Connect(p.url, append(options, amqpevents.Prefix(p.prefix), amqpevents.Logger(quiet))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(x.Close)
		return x
	}
	t.Cleanup(func() { deleteTopology(t, p) })
	return p
}

// deleteTopology deletes what a transport made on the broker.
func deleteTopology(t testing.TB, p place) {
	conn, err := amqp091.Dial(p.url)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Error(err)
		return
	}
	queues := testserver.Queues{Prefix: p.prefix}
	queues.Note(event, "mail")
	queues.Note(event, "points")
	if err := queues.Delete(ch); err != nil {
		t.Error(err)
	}
}

// databasePlace returns an outbox of its own in a database.
func databasePlace(t testing.TB, kind string) place {
	t.Helper()
	p := place{prefix: "t" + strings.ToLower(rand.Text()[:8]) + "_"}
	var driver, name string
	switch kind {
	case "sqlite":
		file := filepath.Join(t.TempDir(), "shop.db")
		p.url, p.dialect, p.prefix = "sqlite://"+filepath.ToSlash(file), sqlevents.SQLite, "rollcall_"
		driver, name = "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)"
	case "postgres":
		need(t, kind)
		p.url, p.dialect = "postgres://postgres@127.0.0.1:5432/test", sqlevents.PostgreSQL
		driver, name = "pgx", p.url
	case "mariadb":
		need(t, kind)
		p.url, p.dialect = "mariadb://root@127.0.0.1/test", sqlevents.MariaDB
		driver, name = "mysql", "root@tcp(127.0.0.1:3306)/test"
	}
	var err error
	if p.db, err = sql.Open(driver, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		testserver.DropTables(p.db, p.prefix)
		_ = p.db.Close()
	})
	if err := sqlevents.Migrate(t.Context(), p.db, p.dialect, sqlevents.Prefix(p.prefix)); err != nil {
		t.Fatal(err)
	}
	return p
}

// outbox opens the outbox with its relay.
func (p place) outbox(t testing.TB, inner transport.Transport) *sqlevents.Transport {
	t.Helper()
	x, err := sqlevents.New(p.db, p.dialect, inner, sqlevents.Prefix(p.prefix), sqlevents.MaxAttempts(1), sqlevents.Logger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x
}

// anyPlace returns a place by the name that scripts use.
func anyPlace(t testing.TB, kind string) place {
	t.Helper()
	switch kind {
	case "nats":
		return natsPlace(t)
	case "amqp":
		return amqpPlace(t)
	}
	return databasePlace(t, kind)
}

// stuck is a dead letter of a test.
type stuck struct {
	key, id, reason string
	body            []byte
	age             time.Duration // in a database
}

// aged are the dead letters of scripts.
var aged = []stuck{
	{"mail", "41", "550 no such user", []byte(`{"id":41}`), 50 * time.Hour},
	{"mail", "42", "dial tcp: connection refused", []byte{0xff, 0x00, 0xfe}, 3*time.Hour + 30*time.Minute},
	{"points", "43", "dial tcp: connection refused\nsecond line\x1b[2J", nil, 5*time.Minute + 30*time.Second},
}

const event = "order.placed"

// bury makes dead letters at a place.
func (p place) bury(t testing.TB, letters ...stuck) {
	t.Helper()
	if p.db != nil {
		p.buryInOutbox(t, letters)
		return
	}
	x := p.open(t)
	for _, l := range letters {
		s := transport.Subscription{Event: event, Key: l.key}
		if err := x.(transport.Declarer).Declare(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if err := x.Publish(t.Context(), l.message()); err != nil {
			t.Fatal(err)
		}
		handle(t, x, s, 1, transport.Reject(l.reason))
	}
}

func (l stuck) message() transport.Message {
	return transport.Message{ID: l.id, Event: event, Key: l.key, ContentType: "application/json", Source: "/shop", Headers: map[string]string{"ce-subject": "order " + l.id}, Body: l.body}
}

// handle handles n deliveries with a verdict.
func handle(t testing.TB, x transport.Transport, s transport.Subscription, n int, v transport.Verdict) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	if err := x.Subscribe(ctx, s, func(context.Context, transport.Delivery) transport.Verdict {
		if n--; n == 0 {
			stop()
		}
		return v
	}); err != nil || n != 0 {
		t.Fatalf("%d deliveries are missing: %v", n, err)
	}
}

func (p place) buryInOutbox(t testing.TB, letters []stuck) {
	t.Helper()
	reasons := map[string]string{}
	for _, l := range letters {
		reasons[l.id] = l.reason
	}
	x := p.outbox(t, failing{&transport.Local{}, reasons})
	for _, l := range letters {
		if err := x.Publish(t.Context(), l.message()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := x.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		if _, err := p.db.Exec(fmt.Sprintf("UPDATE %sdead SET died = died - %d, created = created - %[2]d, reason = '%s' WHERE message_id = '%s'", p.prefix, l.age.Microseconds(), l.reason, l.id)); err != nil {
			t.Fatal(err)
		}
	}
}

// failing is a transport that can't publish.
type failing struct {
	transport.Transport
	reasons map[string]string // by ID
}

func (f failing) Publish(_ context.Context, m transport.Message) error {
	return errors.New(f.reasons[m.ID])
}

// left returns the IDs of the dead letters of a key.
func (p place) left(t testing.TB, key string) (ids []string) {
	t.Helper()
	var letters transport.DeadLetters
	if p.db != nil {
		l, err := sqlevents.OpenDeadLetters(t.Context(), p.db, p.dialect, sqlevents.Prefix(p.prefix))
		if err != nil {
			t.Fatal(err)
		}
		letters = l
	} else {
		letters = p.open(t).(transport.DeadLetters)
	}
	if _, err := letters.EachDeadLetter(t.Context(), event, key, func(l transport.DeadLetter) transport.Disposal {
		ids = append(ids, l.ID)
		return transport.Keep
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

// received returns the IDs of n messages that wait for a key.
func (p place) received(t testing.TB, key string, n int) (ids []string) {
	t.Helper()
	var x transport.Transport
	if p.db != nil {
		local := &transport.Local{}
		if err := local.Declare(t.Context(), transport.Subscription{Event: event, Key: key}); err != nil {
			t.Fatal(err)
		}
		x = p.outbox(t, local)
	} else {
		x = p.open(t)
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	if err := x.Subscribe(ctx, transport.Subscription{Event: event, Key: key}, func(_ context.Context, d transport.Delivery) transport.Verdict {
		if ids = append(ids, d.ID); len(ids) == n {
			stop()
		}
		return transport.Ack()
	}); err != nil {
		t.Fatal(err)
	}
	return ids
}

// run runs the command at a place.
func (p place) run(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	return runWith(t, map[string]string{"ROLLCALL_URL": p.url}, append(args, "-prefix", p.prefix)...)
}

func runWith(t testing.TB, env map[string]string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, func(name string) string { return env[name] }, &out, &errs)
	return out.String(), errs.String(), code
}

// count returns how many rows a table of an outbox has.
func (p place) count(t testing.TB, table string) (n int) {
	t.Helper()
	if err := p.db.QueryRow("SELECT count(*) FROM " + p.prefix + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
