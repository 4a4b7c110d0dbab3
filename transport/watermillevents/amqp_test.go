package watermillevents_test

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// noted remembers whose queues it has made, so that they can be deleted.
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

// rabbitTransport is one over RabbitMQ, which leaves nothing there.
func rabbitTransport(t *testing.T) transport.Transport {
	t.Helper()
	url := rabbit(t)
	prefix := "suite" + strings.ToLower(rand.Text()[:8])
	x, err := amqpevents.Connect(url, amqpevents.Prefix(prefix))
	if err != nil {
		t.Fatal(err)
	}
	n := &noted{Transport: x, queues: map[string]bool{}}
	t.Cleanup(func() {
		x.Close()
		n.clean(t, url, prefix)
	})
	return n
}

func (n *noted) clean(t *testing.T, url, prefix string) {
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
