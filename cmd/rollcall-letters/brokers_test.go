package main

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// A letter whose receiver is gone is kept. It can be discarded.
func TestReceiverIsGone(t *testing.T) {
	t.Parallel()
	for kind, remove := range map[string]func(*testing.T, place){"nats": removeConsumers, "amqp": removeQueue} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			p := anyPlace(t, kind)
			p.bury(t, three...)
			remove(t, p)
			stdout, stderr, code := p.run(t, list, "-event", event, "-key", "mail")
			if code != exitOK || !strings.Contains(stdout, "order.placed  mail  -        -          -         -     -\n") || !strings.Contains(stderr, "3 of 3") {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
			stdout, stderr, code = p.run(t, replay, "-event", event, "-key", "mail", "-yes")
			if code != exitFailed || stdout != "" || !strings.HasPrefix(stderr, "rollcall-letters: stopped at order.placed mail 1, which may still be a dead letter: nobody receives event order.placed by the key mail") {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
			if got := p.left(t, "mail"); !slices.Equal(slices.Sorted(slices.Values(got)), []string{"1", "2", "3"}) {
				t.Errorf("%q are left", got)
			}
			if stdout, stderr, code := p.run(t, discard, "-event", event, "-key", "mail", "-yes", "2"); code != exitOK || stdout != "discarded order.placed mail 2\n" {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}

func removeConsumers(t *testing.T, p place) {
	conn, err := nats.Connect(p.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), strings.ToUpper(p.prefix))
	if err != nil {
		t.Fatal(err)
	}
	for name := range stream.ConsumerNames(t.Context()).Name() {
		if err := stream.DeleteConsumer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

func removeQueue(t *testing.T, p place) {
	conn, err := amqp091.Dial(p.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ch.QueueDelete(p.prefix+"."+event+"/mail", false, false, false); err != nil {
		t.Fatal(err)
	}
}

// With NATS, a receiver that is gone is found by its letters, and so are temporary ones.
func TestReceiversThatAreGone(t *testing.T) {
	t.Parallel()
	p := natsPlace(t)
	p.bury(t, three...)
	removeConsumers(t, p)
	temporary(t, p)
	stdout, stderr, code := p.run(t, list)
	if code != exitOK || !strings.Contains(stdout, "order.placed  \"\"") || !strings.Contains(stderr, "4 of 4") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	stdout, stderr, code = p.run(t, list, "-key", "", "-event", event)
	if code != exitOK || strings.Contains(stdout, "mail") || !strings.Contains(stderr, "1 of 1") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}

// temporary makes a dead letter of a temporary receiver.
func temporary(t *testing.T, p place) {
	x := p.open(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- x.Subscribe(ctx, transport.Subscription{Event: event}, func(context.Context, transport.Delivery) transport.Verdict {
			stop()
			return transport.Reject("no")
		})
	}()
	for ctx.Err() == nil { // until the receiver is there
		_ = x.Publish(ctx, transport.Message{ID: rand.Text(), Event: event})
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// An application with classic queues needs no flag.
func TestClassicQueues(t *testing.T) {
	t.Parallel()
	p := amqpPlace(t, amqpevents.Classic())
	p.bury(t, three...)
	stdout, stderr, code := p.run(t, replay, "-event", event, "-key", "mail", "-yes", "1", "3")
	if code != exitOK || stdout != "replayed order.placed mail 1\nreplayed order.placed mail 3\n" {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if got := p.received(t, "mail", 2); !slices.Equal(got, []string{"1", "3"}) {
		t.Errorf("%q are received", got)
	}
}
