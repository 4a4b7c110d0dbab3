package amqpevents

import (
	"log/slog"
	"os"
	"testing"
)

// A connection that is there just as its link is closed is closed, too.
func TestConnectedAsItCloses(t *testing.T) {
	b, err := newBroker("amqp://guest:guest@127.0.0.1:5672", nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.dial(t.Context(), "test")
	switch {
	case err == nil:
	case os.Getenv("ROLLCALL_REQUIRE_BROKERS") == "1":
		t.Fatal(err)
	default:
		t.Skipf("no RabbitMQ (start one by: rabbitmq-server): %v", err)
	}
	l := newLink(b, "test", slog.Default())
	l.close()
	if l.take(c) || !c.isOver() {
		t.Error("it is used")
	}
}
