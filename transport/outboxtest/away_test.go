package outboxtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// api takes orders. It stores an order and its event in one transaction.
type api struct {
	outbox *sqlevents.Transport
	placed *rollcall.Emitter[*placed]
	table  string
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	order := r.FormValue("order")
	err := a.outbox.InTx(r.Context(), nil, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO "+a.table+" (name) VALUES ($1)", order); err != nil {
			return err
		}
		return a.placed.Emit(ctx, &placed{order})
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// counter counts the orders that it gets.
type counter struct {
	mu   sync.Mutex
	got  map[string]int
	want int
	all  chan struct{} // closed when it has got each order
}

func (c *counter) OnPlaced(_ context.Context, p *placed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.got[p.Order]++; len(c.got) == c.want && c.got[p.Order] == 1 {
		close(c.all)
	}
	return nil
}

// An application that starts while NATS is away takes orders at once. When NATS comes, all
// of them arrive, at the receivers that were never declared before, too.
func TestStartWhileNATSIsAway(t *testing.T) {
	const orders = 50
	eachDatabase(t, func(t *testing.T, x space) {
		nats := newNATSServer(t)
		c := &counter{got: map[string]int{}, want: orders, all: make(chan struct{})}
		var a *api
		app := fxtest.New(t,
			fxevents.Module(fxevents.StartWithoutBroker(), fxevents.Logger(silent)),
			fxevents.Event[*placed]("order.placed", fxevents.Published("stats")),
			fx.Supply(c),
			fx.Provide(func() (*natsevents.Transport, error) {
				return natsevents.Connect(nats.url(), natsevents.Logger(silent),
					natsevents.Client(natsgo.ReconnectWait(10*time.Millisecond)))
			}),
			fxevents.Transport(func(broker *natsevents.Transport) (*sqlevents.Transport, error) {
				return x.outbox(broker)
			}),
			fx.Provide(func(o *sqlevents.Transport, e *rollcall.Emitter[*placed]) *api {
				return &api{o, e, x.prefix + "application"}
			}),
			fxevents.Listen((*counter).OnPlaced, `async:"mail"`),
			fxevents.Receive(),
			fx.Populate(&a),
		)
		app.RequireStart()
		web := httptest.NewServer(a)
		defer web.Close()
		for i := range orders {
			post(t, fmt.Sprintf("%s?order=%d", web.URL, i))
		}
		if n := waiting(t, a.outbox); n != orders {
			t.Errorf("%d events wait in the outbox, want %d", n, orders)
		}
		nats.start(t)
		select {
		case <-c.all:
		case <-time.After(time.Minute):
			t.Errorf("only %d of %d orders have arrived", len(c.got), orders)
		}
		if err := a.outbox.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		late := time.After(time.Minute)
		for { // a count of the outbox is used for some seconds, so these may still be counted there
			b, err := a.outbox.Backlog(t.Context(), "order.placed", "stats")
			if b.Waiting == orders && err == nil {
				break
			}
			select {
			case <-late:
				t.Fatalf("for stats waits %+v, %v; want %d", b, err, orders)
			case <-time.After(10 * time.Millisecond):
			}
		}
		app.RequireStop()
	})
}

func post(t *testing.T, url string) {
	t.Helper()
	answer, err := http.Post(url, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
}

func waiting(t *testing.T, o *sqlevents.Transport) int {
	t.Helper()
	b, err := o.OutboxStats(t.Context())
	if err != nil || b.Dead > 0 || b.Retrying > 0 {
		t.Errorf("the backlog is %+v, %v", b, err)
	}
	return b.Waiting
}
