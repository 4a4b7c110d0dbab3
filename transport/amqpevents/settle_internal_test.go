package amqpevents

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
)

// acknowledgements counts them.
type acknowledgements int

func (a *acknowledgements) Ack(uint64, bool) error        { *a++; return nil }
func (a *acknowledgements) Nack(uint64, bool, bool) error { return nil }
func (a *acknowledgements) Reject(uint64, bool) error     { return nil }

// What can't be kept elsewhere is tried again, and logged after 1, 2, 4 failures.
func TestKeepingIsTriedAgain(t *testing.T) {
	var log bytes.Buffer
	var acked acknowledgements
	r := &receiving{
		transport:    &Transport{settings: newSettings([]Option{Logger(slog.New(slog.NewTextHandler(&log, nil)))})},
		subscription: transport.Subscription{Event: "order.placed", Key: "mail"},
	}
	f := &fields{[]byte(wholeEvent)}
	raw := amqp091.Delivery{Acknowledger: &acked, Headers: f.table(0)}
	c := &consumer{connection: &connection{}, channel: &amqp091.Channel{}, closure: &closure{ended: make(chan struct{})}}
	failures := 0
	r.settle(t.Context(), c, raw, 1, func(context.Context) error {
		if failures++; failures <= 3 {
			return errNacked
		}
		return nil
	})
	if acked != 1 {
		t.Errorf("it was acknowledged %d times", acked)
	}
	const record = `level=WARN msg="an event can't be sent to wait for its retry or to the dead letters, and holds a handler: trying again" event=order.placed key=mail id=1 failures=`
	if got := log.String(); strings.Count(got, record) != 2 || !strings.Contains(got, record+"1 ") || !strings.Contains(got, record+"2 ") {
		t.Errorf("logged:\n%s", got)
	}
}
