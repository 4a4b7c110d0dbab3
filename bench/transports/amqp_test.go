package transports_test

import (
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

const amqpURL = "amqp://guest:guest@127.0.0.1:5672/"

// channel is one of a connection of its own.
func channel(b *testing.B) *amqp091.Channel {
	b.Helper()
	testserver.RabbitMQ.Need(b)
	conn, err := amqp091.Dial(amqpURL)
	check(b, err)
	b.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	check(b, err)
	return ch
}

// rawAMQP is the client as its documentation shows it: a durable direct exchange
// and a quorum queue, persistent and mandatory messages with the same headers as
// ours, confirmed.
func rawAMQP(b *testing.B) side {
	publishing, consuming := channel(b), channel(b)
	name := "bench" + strings.ToLower(rand.Text()[:8])
	check(b, publishing.ExchangeDeclare(name, "direct", true, false, false, false, nil))
	_, err := publishing.QueueDeclare(name, true, false, false, false, amqp091.Table{"x-queue-type": "quorum"})
	check(b, err)
	check(b, publishing.QueueBind(name, "placed", name, false, nil))
	b.Cleanup(func() {
		ch := channel(b)
		_, _ = ch.QueueDelete(name, false, false, false)
		_ = ch.ExchangeDelete(name, false, false)
	})
	check(b, publishing.Confirm(false))
	check(b, consuming.Qos(inFlight, 0, false))
	return side{
		publish: func(n int) error { return publishRaw(b, publishing, name, n) },
		consume: func(n int) error {
			deliveries, err := consuming.Consume(name, "bench", false, false, false, false, nil)
			if err != nil {
				return err
			}
			for range n {
				d := <-deliveries
				if err := d.Ack(false); err != nil {
					return err
				}
			}
			return consuming.Cancel("bench", false)
		},
	}
}

// publishRaw has as many confirmations outstanding as may be in flight.
func publishRaw(b *testing.B, ch *amqp091.Channel, exchange string, n int) error {
	outstanding := make(chan *amqp091.DeferredConfirmation, inFlight)
	var all sync.WaitGroup
	all.Go(func() {
		for c := range outstanding {
			c.Wait()
		}
	})
	defer all.Wait()
	defer close(outstanding)
	for range n {
		id := rand.Text()
		c, err := ch.PublishWithDeferredConfirmWithContext(b.Context(), exchange, "placed", true, false, amqp091.Publishing{
			Body: body, ContentType: "text/plain", MessageId: id, DeliveryMode: amqp091.Persistent,
			Headers: amqp091.Table{"ce-specversion": "1.0", "ce-id": id, "ce-type": "placed", "ce-source": "/rollcall"},
		})
		if err != nil {
			return err
		}
		outstanding <- c
	}
	return nil
}

func rollcallAMQP(b *testing.B) side { return ours(b, openAMQP(b)) }

func openAMQP(b *testing.B) *amqpevents.Transport {
	b.Helper()
	testserver.RabbitMQ.Need(b)
	prefix := "bench" + strings.ToLower(rand.Text()[:8])
	t, err := amqpevents.Connect(amqpURL, amqpevents.Prefix(prefix))
	check(b, err)
	b.Cleanup(func() {
		t.Close()
		deletePrefix(b, prefix)
	})
	return t
}

// deletePrefix deletes what a transport has made for the benchmarks' event.
func deletePrefix(b *testing.B, prefix string) {
	queues := testserver.Queues{Prefix: prefix}
	queues.Note("placed", "mail")
	if err := queues.Delete(channel(b)); err != nil {
		b.Error(err)
	}
}
