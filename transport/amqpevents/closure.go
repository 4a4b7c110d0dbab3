package amqpevents

import (
	"errors"
	"strings"

	"github.com/rabbitmq/amqp091-go"
)

// closure is the end of a channel.
type closure struct {
	ended     chan struct{}  // closed when the channel is closed
	exception *amqp091.Error // why the broker closed the channel, once ended is closed; nil if the connection was lost
}

// watchClosure must be called before the channel can be closed.
func watchClosure(ch channel) *closure {
	c := &closure{ended: make(chan struct{})}
	closes := ch.NotifyClose(make(chan *amqp091.Error, 1))
	go func() {
		if err := <-closes; err != nil && err.Recover {
			c.exception = err
		}
		close(c.ended)
	}()
	return c
}

// isTimeout reports whether the broker ended a delivery that exceeded consumer_timeout.
func isTimeout(err error) bool {
	var said *amqp091.Error
	return errors.As(err, &said) && said.Code == amqp091.PreconditionFailed &&
		strings.Contains(said.Reason, "delivery acknowledgement") && strings.Contains(said.Reason, "timed out")
}
