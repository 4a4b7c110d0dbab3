package amqpevents

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// A call without an answer ends the connection only where the broker should have
// sent heartbeats meanwhile, and has not.
func TestSilentWire(t *testing.T) {
	for _, c := range []struct {
		name      string
		heartbeat time.Duration
		beats     bool
		closed    bool
	}{
		{name: "silent", heartbeat: answerTimeout, closed: true},
		{name: "heartbeats", heartbeat: answerTimeout, beats: true},
		{name: "heartbeats that take longer", heartbeat: answerTimeout + time.Second},
		{name: "no heartbeats"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { checkSilentWire(t, c.heartbeat, c.beats, c.closed) })
		})
	}
}

func checkSilentWire(t *testing.T, heartbeat time.Duration, beats, want bool) {
	client, server := net.Pipe()
	w := newWire(client)
	defer w.Close()
	go func() { // the client's reader
		for b := make([]byte, 1); ; {
			if _, err := w.Read(b); err != nil {
				return
			}
		}
	}()
	over := make(chan struct{})
	defer close(over)
	conn := &connection{conn: &amqp091.Connection{Config: amqp091.Config{Heartbeat: heartbeat}}, wire: w}
	err := conn.do(t.Context(), func() error {
		if beats {
			_, _ = server.Write([]byte{8})
		}
		<-over
		return nil
	})
	_, closed := w.Write(nil)
	if !errors.Is(err, errSilent) || (closed != nil) != want {
		t.Errorf("got %v, and the wire: %v", err, closed)
	}
}
