package orms

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/provider"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// Order is a row.
type Order struct {
	ID   string `gorm:"primaryKey" bun:",pk"`
	Item string
}

// Placed is an event.
type Placed struct{ ID string }

// shop has a database and an outbox around a transport that keeps what it gets.
type shop struct {
	db     *sql.DB
	outbox *sqlevents.Transport
	placed *rollcall.Emitter[*Placed]
	broker *kept
}

// kept keeps the bodies of what it gets.
type kept struct {
	transport.Transport
	mu     sync.Mutex
	bodies []string
}

func (k *kept) Publish(_ context.Context, m transport.Message) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bodies = append(k.bodies, string(m.Body))
	return nil
}

func open(t *testing.T) *shop {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "shop.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := sqlevents.Migrate(t.Context(), db, sqlevents.SQLite); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE orders (id text PRIMARY KEY, item text NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	s := &shop{db: db, broker: &kept{}}
	if s.outbox, err = sqlevents.New(db, sqlevents.SQLite, s.broker, sqlevents.Logger(slog.New(slog.DiscardHandler))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.outbox.Close() })
	s.placed = s.emitter(t)
	return s
}

// emitter returns an emitter whose listener publishes. In an Fx application, fxevents does
// this for asynchronous listeners.
func (s *shop) emitter(t *testing.T) *rollcall.Emitter[*Placed] {
	t.Helper()
	events := transport.NewPublisher(s.outbox)
	publish := rollcall.NewListener[*Placed]("publish", func(ctx context.Context, e *Placed) error { return events.Publish(ctx, "order.placed", e) })
	sorted, err := provider.Build([]rollcall.Listener{publish}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rollcall.NewEmitter[*Placed](rollcall.NewDispatcher(sorted))
}

// check places an order, and one that is rolled back.
func (s *shop) check(t *testing.T, place func(ctx context.Context, o *Order, pay func() error) error) {
	t.Helper()
	refused := errors.New("the card was refused")
	if err := place(t.Context(), &Order{"1", "tea"}, func() error { return refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if err := place(t.Context(), &Order{"2", "milk"}, func() error { return nil }); err != nil {
		t.Error(err)
	}
	if err := s.outbox.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var orders string
	if err := s.db.QueryRow("SELECT group_concat(id || ' ' || item) FROM orders").Scan(&orders); err != nil {
		t.Fatal(err)
	}
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	if published := s.broker.bodies; orders != "2 milk" || len(published) != 1 || published[0] != `{"ID":"2"}` {
		t.Errorf("orders %q, published %q", orders, published)
	}
}
