package main

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rabbitmq/amqp091-go"
)

// broker is one that the tests use, if it runs.
type broker struct {
	url, address string
	start        string // how to start it
	clean        func(t *testing.T, url, prefix string)
}

var brokers = map[string]broker{
	"nats":     {"nats://127.0.0.1:4222", "127.0.0.1:4222", "nats-server -js", deleteStreams},
	"rabbitmq": {"amqp://guest:guest@127.0.0.1:5672/", "127.0.0.1:5672", "rabbitmq-server", deleteQueues},
}

// prefix is a name for what a test has at the broker, which is deleted at its
// end. The test is skipped where no broker answers.
func (b broker) prefix(t *testing.T) string {
	t.Helper()
	conn, err := net.DialTimeout("tcp", b.address, time.Second)
	if err != nil {
		missing := "no broker at " + b.address + " (start one by: " + b.start + ")"
		if os.Getenv("ROLLCALL_REQUIRE_BROKERS") == "1" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	_ = conn.Close()
	prefix := "orders" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() { b.clean(t, b.url, prefix) })
	return prefix
}

func deleteStreams(t *testing.T, url, prefix string) {
	conn, err := nats.Connect(url)
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, name := range []string{prefix, prefix + "_dead"} {
		if err := js.DeleteStream(ctx, strings.ToUpper(name)); err != nil {
			t.Error(err)
		}
	}
}

func deleteQueues(t *testing.T, url, prefix string) {
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
	var queues []string
	for _, key := range []string{"mail", "stats"} {
		queues = append(queues, "order.placed/"+key, "order.placed/"+key+"/dead")
	}
	for ttl := time.Second / 8; ttl <= 4096*time.Second; ttl *= 2 {
		queues = append(queues, "wait."+ttl.String())
	}
	for _, q := range append(queues, "gone") {
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
