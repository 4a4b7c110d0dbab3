package cloudeventstest

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

const rabbitMQ = "amqp://guest:guest@127.0.0.1:5672"

// overAMQP is a transport, and a channel for the SDK to the same broker.
type overAMQP struct {
	*amqpevents.Transport
	channel    *amqp091.Channel
	prefix     string // of exchanges and queues
	attributes string // prefix of what the SDK sends
}

// rabbit is the broker for tests, with names that nobody else has.
func rabbit(t *testing.T, attributes string) overAMQP {
	t.Helper()
	testserver.RabbitMQ.Need(t)
	b := overAMQP{prefix: "ce" + rand.Text()[:12], attributes: attributes}
	conn, err := amqp091.Dial(rabbitMQ)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if b.channel, err = conn.Channel(); err != nil {
		t.Fatal(err)
	}
	if b.Transport, err = amqpevents.Connect(rabbitMQ, amqpevents.Prefix(b.prefix), amqpevents.Source(source)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.delete(t) })
	return b
}

// delete leaves the broker as it was.
func (b overAMQP) delete(t *testing.T) {
	b.Close()
	conn, err := amqp091.Dial(rabbitMQ)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	queues := testserver.Queues{Prefix: b.prefix}
	queues.Note(mail.Event, mail.Key)
	if err := queues.Delete(ch); err != nil {
		t.Error(err)
	}
}

func (b overAMQP) reader(t *testing.T, event string) func() binding.Message {
	t.Helper()
	q, err := b.channel.QueueDeclare("", false, true, true, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{event, event + "/" + mail.Key} {
		if err := b.channel.QueueBind(q.Name, key, b.prefix+".events", false, nil); err != nil {
			t.Fatal(err)
		}
	}
	deliveries, err := b.channel.Consume(q.Name, "", true, true, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() binding.Message {
		t.Helper()
		select {
		case d := <-deliveries:
			return newDelivered(d, "ce-")
		case <-time.After(patience):
			t.Fatal("the SDK gets nothing")
		}
		return nil
	}
}

func (b overAMQP) send(t *testing.T, event string, m binding.Message, structured bool) {
	t.Helper()
	ctx := within(t)
	if structured {
		ctx = binding.WithForceStructured(ctx)
	}
	w := &writing{prefix: b.attributes}
	if _, err := binding.Write(ctx, m, w, w); err != nil {
		t.Fatal(err)
	}
	if err := b.channel.PublishWithContext(ctx, b.prefix+".events", event, true, false, w.Publishing); err != nil {
		t.Fatal(err)
	}
}

func TestAMQP(t *testing.T) {
	t.Run("published", func(t *testing.T) { testPublished(t, rabbit(t, "ce-")) })
	for attributes, ids := range map[string]ids{"ce-": encoded, "cloudEvents_": plain, "cloudEvents:": plain} {
		t.Run("sent with "+attributes, func(t *testing.T) { testSent(t, rabbit(t, attributes), ids) })
	}
	t.Run("structured", func(t *testing.T) { testStructured(t, rabbit(t, "cloudEvents:")) })
}
