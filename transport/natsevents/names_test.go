package natsevents_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
)

// The hash in a consumer's name has 128 bits, so that nobody finds two keys that meet.
func TestConsumerName(t *testing.T) {
	t.Parallel()
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"})
	if !regexp.MustCompile(`^order_placed-mail-[0-9a-f]{32}$`).MatchString(m.consumer) {
		t.Errorf("got %s", m.consumer)
	}
}

// A consumer that belongs to another receiver is not shared, and not changed.
func TestConsumerOfAnother(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*jetstream.ConsumerConfig){
		"key": func(c *jetstream.ConsumerConfig) { c.Description = "the receiver other of event order.placed" },
		"event": func(c *jetstream.ConsumerConfig) {
			c.FilterSubject = strings.Replace(c.FilterSubject, "placed", "paid", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"})
			c, err := m.js.Consumer(t.Context(), m.stream, m.consumer)
			if err != nil {
				t.Fatal(err)
			}
			other := c.CachedInfo().Config
			change(&other)
			if _, err := m.js.UpdateConsumer(t.Context(), m.stream, other); err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{m.Declare(t.Context(), m.subscription), m.Subscribe(t.Context(), m.subscription, nil)} {
				var problem *transport.SubscriptionError
				if !errors.As(err, &problem) || !strings.Contains(err.Error(), "its consumer "+m.consumer+" of the stream "+m.stream+" belongs to another receiver") {
					t.Errorf("got %v", err)
				}
			}
			c, err = m.js.Consumer(t.Context(), m.stream, m.consumer)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.CachedInfo().Config; got.Description != other.Description || got.FilterSubject != other.FilterSubject {
				t.Errorf("the consumer is now %q, of %s", got.Description, got.FilterSubject)
			}
		})
	}
}

// Nobody else's consumer is one without a description.
func TestConsumerMadeByHand(t *testing.T) {
	t.Parallel()
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"})
	c, err := m.js.Consumer(t.Context(), m.stream, m.consumer)
	if err != nil {
		t.Fatal(err)
	}
	config := c.CachedInfo().Config
	config.Description = ""
	if _, err := m.js.UpdateConsumer(t.Context(), m.stream, config); err != nil {
		t.Fatal(err)
	}
	if err := m.Declare(t.Context(), m.subscription); err != nil {
		t.Error(err)
	}
	m.publish(t, "1")
	got := make(chan string, 1)
	m.start(t, func(_ context.Context, d transport.Delivery) transport.Verdict {
		got <- d.ID
		return transport.Ack()
	})
	if id := take(t, got); id != "1" {
		t.Errorf("got %s", id)
	}
}
