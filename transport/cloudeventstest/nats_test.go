package cloudeventstest

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/cloudevents/sdk-go/protocol/nats_jetstream/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	client "github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// overNATS is a transport, and a connection for the SDK to the same server.
type overNATS struct {
	*natsevents.Transport
	conn   *client.Conn
	prefix string
}

func (b overNATS) stream() string              { return strings.ToUpper(b.prefix) }
func (b overNATS) subject(event string) string { return b.prefix + ".event." + event }

// embedded is a server inside of the process, whose only connection the SDK
// shares.
func embedded(t *testing.T) overNATS {
	t.Helper()
	connected := make(chan *client.Conn, 1)
	x, err := natsevents.Embedded(t.TempDir(), natsevents.Source(source), natsevents.Client(client.ConnectHandler(func(c *client.Conn) { connected <- c })))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return overNATS{x, <-connected, "rollcall"}
}

// cluster is the server for tests, with streams that nobody else has.
func cluster(t *testing.T) overNATS {
	t.Helper()
	testserver.NATS.Need(t)
	b := overNATS{prefix: "ce" + rand.Text()[:12]}
	var err error
	if b.conn, err = client.Connect("nats://127.0.0.1:4222"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.conn.Close)
	if b.Transport, err = natsevents.Connect("nats://127.0.0.1:4222", natsevents.Prefix(b.prefix), natsevents.Source(source)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.delete)
	if err := b.AwaitConnection(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// delete leaves the server as it was.
func (b overNATS) delete() {
	b.Close()
	if js, err := b.conn.JetStream(); err == nil {
		_ = js.DeleteStream(b.stream())
		_ = js.DeleteStream(b.stream() + "_DEAD")
	}
}

func (b overNATS) reader(t *testing.T, event string) func() binding.Message {
	t.Helper()
	c, err := sdk.NewConsumerFromConn(b.conn, b.stream(), b.subject(event), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := b.consumers(t)
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := c.OpenInbound(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); ended.Wait() })
	for within := within(t); b.consumers(t) == before; time.Sleep(5 * time.Millisecond) {
		if within.Err() != nil {
			t.Fatal("the SDK does not subscribe")
		}
	}
	return func() binding.Message {
		t.Helper()
		m, err := c.Receive(within(t))
		if err != nil {
			t.Fatalf("the SDK gets nothing: %v", err)
		}
		return m
	}
}

// consumers is how many there are.
func (b overNATS) consumers(t *testing.T) int {
	t.Helper()
	js, err := b.conn.JetStream()
	if err != nil {
		t.Fatal(err)
	}
	info, err := js.StreamInfo(b.stream())
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Consumers
}

func (b overNATS) send(t *testing.T, event string, m binding.Message, structured bool) {
	t.Helper()
	s, err := sdk.NewSenderFromConn(b.conn, b.stream(), b.subject(event), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := within(t)
	if structured {
		ctx = binding.WithForceStructured(ctx)
	}
	if err := s.Send(ctx, m); err != nil {
		t.Fatal(err)
	}
}

func TestNATS(t *testing.T) {
	for name, open := range map[string]func(*testing.T) overNATS{"embedded": embedded, "cluster": cluster} {
		t.Run(name, func(t *testing.T) {
			t.Run("published", func(t *testing.T) { testPublished(t, open(t)) })
			t.Run("sent", func(t *testing.T) { testSent(t, open(t), encoded) })
			t.Run("structured", func(t *testing.T) { testStructured(t, open(t)) })
		})
	}
}
