package fxevents_test

import (
	"context"
	"fmt"
	"log"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

// ToPack is how another program sees a placed order. The two programs share the event's
// name and its JSON, and no package.
type ToPack struct{ ID string }

type Packer struct{ packed chan string }

func NewPacker() *Packer { return &Packer{make(chan string, 1)} }

func (p *Packer) OnPlaced(_ context.Context, o *ToPack) error { p.packed <- o.ID; return nil }

// A shop publishes for a warehouse that starts later.
func ExamplePublished() {
	ctx := context.Background()
	broker := fx.Supply(fx.Annotate(&transport.Local{}, fx.As(new(transport.Transport)))) // a broker in production

	var placed *rollcall.Emitter[*Placed]
	shop := fx.New(
		fx.NopLogger, broker,
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed", fxevents.Published("pack")),
		fx.Populate(&placed),
	)
	if err := shop.Start(ctx); err != nil {
		log.Fatal(err)
	}
	if err := placed.Emit(ctx, &Placed{ID: "7"}); err != nil {
		log.Fatal(err)
	}
	if err := shop.Stop(ctx); err != nil {
		log.Fatal(err)
	}

	var packer *Packer
	warehouse := fx.New(
		fx.NopLogger, broker,
		fxevents.Module(),
		fxevents.Event[*ToPack]("order.placed"),
		fx.Provide(NewPacker),
		fxevents.Listen((*Packer).OnPlaced, `async:"pack"`),
		fxevents.Receive("pack"),
		fx.Populate(&packer),
	)
	if err := warehouse.Start(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println("packed", <-packer.packed)
	if err := warehouse.Stop(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: packed 7
}
