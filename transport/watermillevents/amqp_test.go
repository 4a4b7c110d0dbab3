package watermillevents_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

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

// rabbitTransport is one over RabbitMQ, which leaves nothing there.
func rabbitTransport(t *testing.T) transport.Transport {
	t.Helper()
	url := rabbit(t)
	prefix := "suite" + strings.ToLower(rand.Text()[:8])
	x, err := amqpevents.Connect(url, amqpevents.Prefix(prefix))
	if err != nil {
		t.Fatal(err)
	}
	n := noted{x, &testserver.Queues{Prefix: prefix}}
	t.Cleanup(func() {
		x.Close()
		n.delete(t, url)
	})
	return n
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
