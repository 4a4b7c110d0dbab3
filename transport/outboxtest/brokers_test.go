package outboxtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
	"github.com/rollcall-go/rollcall/transport/natsevents"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

// embeddedNATS opens a transport over an embedded server.
func embeddedNATS(directory string) (*natsevents.Transport, error) {
	return natsevents.Embedded(directory, natsevents.AckWait(2*time.Second), natsevents.SyncEvery(time.Second))
}

// natsServer is a server that can be stopped and started again, with what it stores.
type natsServer struct {
	port      int
	directory string
	running   *server.Server // nil before the first start
}

// newNATSServer returns a server that is not started yet. It is stopped at the end.
func newNATSServer(t *testing.T) *natsServer {
	t.Helper()
	n := &natsServer{port: freePort(t), directory: t.TempDir()}
	t.Cleanup(func() {
		if n.running != nil {
			n.stop()
		}
	})
	return n
}

func (n *natsServer) url() string { return fmt.Sprint("nats://127.0.0.1:", n.port) }

func (n *natsServer) start(t *testing.T) {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: n.port, JetStream: true, StoreDir: n.directory, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	go srv.Start()
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	n.running = srv
}

func (n *natsServer) stop() {
	n.running.Shutdown()
	n.running.WaitForShutdown()
}

// freePort is one that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func overEmbedded(t *testing.T) transport.Transport {
	t.Helper()
	b, err := embeddedNATS(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// overNATS connects to the shared server, with streams that are deleted at the end.
func overNATS(t *testing.T) transport.Transport {
	t.Helper()
	testserver.NATS.Need(t)
	url, prefix := "nats://"+testserver.NATS.Address, "outbox"+rand.Text()[:12]
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
	b, err := natsevents.Connect(url, natsevents.Prefix(prefix), natsevents.AckWait(2*time.Second), natsevents.Logger(silent))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// overRabbitMQ connects to the shared broker, with queues that are deleted at the end.
func overRabbitMQ(t *testing.T) transport.Transport {
	t.Helper()
	testserver.RabbitMQ.Need(t)
	url, prefix := "amqp://guest:guest@"+testserver.RabbitMQ.Address, "outbox"+rand.Text()[:12]
	b, err := amqpevents.Connect(url, amqpevents.Prefix(prefix))
	if err != nil {
		t.Fatal(err)
	}
	n := noted{b, &testserver.Queues{Prefix: prefix}}
	t.Cleanup(func() { n.delete(t, url) })
	return n
}

// noted notes the queues that it makes.
type noted struct {
	*amqpevents.Transport
	queues *testserver.Queues
}

func (n noted) Declare(ctx context.Context, s transport.Subscription) error {
	n.queues.Note(s.Event, s.Key)
	return n.Transport.Declare(ctx, s)
}

func (n noted) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	n.queues.Note(s.Event, s.Key)
	return n.Transport.Subscribe(ctx, s, h)
}

func (n noted) delete(t *testing.T, url string) {
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
	if err := n.queues.Delete(ch); err != nil {
		t.Error(err)
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
