package outboxtest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"math"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	natsgo "github.com/nats-io/nats.go"
	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
	"github.com/rollcall-go/rollcall/transport/transporttest"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

// An outbox keeps the promises of the transport that it is around.
func TestConforms(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		name     string
		database func(testing.TB) space
		broker   func(*testing.T) transport.Transport
	}{
		{"SQLite, embedded NATS", inSQLite, overEmbedded},
		{"PostgreSQL, embedded NATS", inPostgreSQL, overEmbedded},
		{"SQLite, NATS", inSQLite, overNATS},
		{"SQLite, RabbitMQ", inSQLite, overRabbitMQ},
		{"SQLite, Watermill", inSQLite, overWatermill},
	} {
		t.Run(k.name, func(t *testing.T) {
			if strings.HasPrefix(k.name, "PostgreSQL") && os.Getenv("ROLLCALL_LEDGER") != "1" {
				t.Skip("set ROLLCALL_LEDGER=1: sqlevents runs the kit on PostgreSQL, too")
			}
			t.Parallel()
			transporttest.Run(t, func(t *testing.T) transport.Transport {
				x := k.database(t)
				byEvent := sqlevents.OrderBy(func(m transport.Message) string { return m.Event })
				o, err := sqlevents.New(x.db, x.dialect, k.broker(t), byEvent, sqlevents.Prefix(x.prefix), sqlevents.Logger(slog.New(slog.DiscardHandler)))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = o.Close() })
				if k.name == "SQLite, Watermill" { // which has no dead letters and no backlog to show
					return struct {
						transport.Transport
						transport.Declarer
						transport.Delayer
					}{flushed{o}, flushed{o}, o}
				}
				return flushed{o}
			})
		})
	}
}

// flushed is an outbox that is flushed before a receiver is declared: the kit asks that
// the receiver gets nothing from before.
type flushed struct{ *sqlevents.Transport }

func (f flushed) Declare(ctx context.Context, s transport.Subscription) error {
	if err := f.Flush(ctx); err != nil {
		return err
	}
	return f.Transport.Declare(ctx, s)
}

func overEmbedded(t *testing.T) transport.Transport {
	t.Helper()
	b, err := natsevents.Embedded(t.TempDir(), natsevents.AckWait(2*time.Second), natsevents.SyncEvery(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// needs skips a test if nothing answers at an address, or fails it where nothing may be
// missing.
func needs(t testing.TB, address, start string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = conn.Close()
		return
	}
	missing := "nothing answers at " + address + " (" + start + ")"
	if os.Getenv("ROLLCALL_REQUIRE_BROKERS") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
}

const natsAddress, rabbitAddress = "127.0.0.1:4222", "127.0.0.1:5672"

// overNATS connects to the shared server, with streams that are deleted at the end.
func overNATS(t *testing.T) transport.Transport {
	t.Helper()
	needs(t, natsAddress, "nats-server -js")
	url, prefix := "nats://"+natsAddress, "outbox"+rand.Text()[:12]
	t.Cleanup(func() {
		conn, err := natsgo.Connect(url)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		js, err := conn.JetStream()
		if err != nil {
			t.Error(err)
			return
		}
		for _, name := range []string{"", "_DEAD"} {
			_ = js.DeleteStream(strings.ToUpper(prefix) + name) // it may not have been made
		}
	})
	b, err := natsevents.Connect(url, natsevents.Prefix(prefix), natsevents.AckWait(2*time.Second), natsevents.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// overRabbitMQ connects to the shared broker, with queues that are deleted at the end.
func overRabbitMQ(t *testing.T) transport.Transport {
	t.Helper()
	needs(t, rabbitAddress, "apt-get install rabbitmq-server")
	url, prefix := "amqp://guest:guest@"+rabbitAddress, "outbox"+rand.Text()[:12]
	b, err := amqpevents.Connect(url, amqpevents.Prefix(prefix))
	if err != nil {
		t.Fatal(err)
	}
	n := &noted{Transport: b, queues: map[string]bool{}}
	t.Cleanup(func() { n.delete(t, url, prefix) })
	return n
}

// noted remembers the queues that it has made.
type noted struct {
	*amqpevents.Transport
	mu     sync.Mutex
	queues map[string]bool
}

func (n *noted) note(s transport.Subscription) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queues[s.Event+"/"+s.Key] = true
}

func (n *noted) Declare(ctx context.Context, s transport.Subscription) error {
	n.note(s)
	return n.Transport.Declare(ctx, s)
}

func (n *noted) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	n.note(s)
	return n.Transport.Subscribe(ctx, s, h)
}

func (n *noted) delete(t *testing.T, url, prefix string) {
	conn, err := amqp091.Dial(url)
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
	queues := []string{"gone"}
	for q := range n.queues {
		queues = append(queues, q, q+"/dead")
	}
	for ttl := time.Second / 8; ttl <= 4096*time.Second; ttl *= 2 {
		queues = append(queues, "wait."+ttl.String())
	}
	for _, q := range queues {
		if _, err := ch.QueueDelete(prefix+"."+q, false, false, false); err != nil {
			t.Error(err)
			return // the channel is closed
		}
	}
	for _, e := range []string{"events", "dead", "wait", "back", "gone"} {
		if err := ch.ExchangeDelete(prefix+"."+e, false, false); err != nil {
			t.Error(err)
			return
		}
	}
}

// overWatermill is a transport over Watermill's interfaces, which a transport in memory
// implements.
func overWatermill(*testing.T) transport.Transport {
	l := &transport.Local{}
	return watermillevents.NewTransport(watermillevents.NewPublisher(l), func(key string) (message.Subscriber, error) {
		s := transport.Subscription{Key: key, MaxAttempts: math.MaxInt32, Retry: func(int) time.Duration { return 0 }}
		return watermillevents.NewSubscriber(l, s), nil
	})
}
