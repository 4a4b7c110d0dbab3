package fxevents_test

import (
	"context"
	"fmt"
	"log"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

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
