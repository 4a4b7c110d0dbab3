package fxevents_test

import (
	"context"
	"fmt"
	"log"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// Limits are settings that a transport takes from the container.
type Limits struct{ Remembered int }

// A transport that takes a component is opened and closed with the application.
func ExampleTransport() {
	var own *transport.Local
	app := fx.New(
		fx.NopLogger, fx.Supply(&Limits{Remembered: 1000}),
		fxevents.Module(),
		fxevents.Transport(func(l *Limits) *transport.Local {
			fmt.Println("limits are", l.Remembered)
			return &transport.Local{} // a broker in production
		}),
		fx.Populate(&own), // also by its own type
	)
	fmt.Println(app.Err(), own != nil)
	// Output:
	// limits are 1000
	// <nil> true
}

// An event that is delivered twice is handled once.
func ExampleInbox() {
	ctx := context.Background()
	broker := &transport.Local{}
	var packer *Packer
	app := fx.New(
		fx.NopLogger,
		fxevents.Module(),
		fxevents.Event[*ToPack]("order.placed"),
		fxevents.Transport(func() *transport.Local { return broker }),
		fx.Provide(NewPacker),
		fxevents.Listen((*Packer).OnPlaced, `async:"pack"`),
		fxevents.Inbox(&transport.Recent{Limit: 1000}, "pack"), // with an outbox: (*sqlevents.Transport).Inbox
		fxevents.Receive(),
		fx.Populate(&packer),
	)
	if err := app.Start(ctx); err != nil {
		log.Fatal(err)
	}
	for _, id := range []string{"a", "a", "b"} {
		m := transport.Message{ID: id, Event: "order.placed", ContentType: "application/json", Body: []byte(`{"ID":"` + id + `"}`)}
		if err := broker.Publish(ctx, m); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("packed", <-packer.packed, <-packer.packed)
	if err := app.Stop(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: packed a b
}
