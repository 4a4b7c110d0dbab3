package watermillevents_test

import (
	"context"
	"fmt"
	"log"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

// An application that is written for Watermill uses a transport.
func ExampleNewSubscriber() {
	var t transport.Local // or that of NATS, in real life
	p := watermillevents.NewPublisher(&t)
	s := watermillevents.NewSubscriber(&t, transport.Subscription{Key: "mail"})
	defer s.Close()
	messages, err := s.Subscribe(context.Background(), "order.placed")
	if err != nil {
		log.Fatal(err)
	}

	m := message.NewMessage("7", []byte(`{"ID":"7"}`))
	m.Metadata.Set("content-type", "application/json") // so that other receivers can decode it
	if err := p.Publish("order.placed", m); err != nil {
		log.Fatal(err)
	}

	m = <-messages
	fmt.Println(m.UUID, string(m.Payload))
	m.Ack()
	// Output: 7 {"ID":"7"}
}

// Events go over a backend of Watermill. Its subscribers get the receiver key as
// their consumer group.
func ExampleNewTransport() {
	type Placed struct{ ID string }
	b := newBackend() // a publisher, and a function that gives subscribers of a group
	t := watermillevents.NewTransport(b, b.subscriber)
	ctx, stop := context.WithCancel(context.Background())
	if err := t.Declare(ctx, transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
		log.Fatal(err)
	}
	if err := transport.NewPublisher(t).Publish(ctx, "order.placed", Placed{ID: "7"}); err != nil {
		log.Fatal(err)
	}

	r := transport.NewReceiver("mail", func(_ context.Context, p Placed) error {
		fmt.Println("order", p.ID)
		stop()
		return nil
	})
	if err := r.Receive(ctx, t, "order.placed"); err != nil {
		log.Fatal(err)
	}
	// Output: order 7
}
