package amqpevents

import (
	"log/slog"
	"testing"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// A connection that is there just as its link is closed is closed, too.
func TestConnectedAsItCloses(t *testing.T) {
	b, err := newBroker("amqp://guest:guest@"+testserver.RabbitMQ.Address, nil)
	if err != nil {
		t.Fatal(err)
	}
	testserver.RabbitMQ.Need(t)
	c, err := b.dial(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(b, "test", slog.Default())
	l.close()
	if l.take(c) || !c.isOver() {
		t.Error("it is used")
	}
}
