package fxnats_test

import (
	"context"
	"fmt"
	"log"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport/natsevents/fxnats"
)

type Placed struct{ ID string }

type Mailer struct{ sent chan string }

func NewMailer() *Mailer { return &Mailer{make(chan string, 1)} }

func (m *Mailer) OnPlaced(_ context.Context, p *Placed) error {
	m.sent <- "a receipt for order " + p.ID
	return nil
}

// A listener that survives a crash of the process, without a broker.
func ExampleModule() {
	var placed *rollcall.Emitter[*Placed]
	var mailer *Mailer
	app := fx.New(
		fx.NopLogger,
		fxnats.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fx.Provide(NewMailer),
		fxevents.Listen((*Mailer).OnPlaced, `async:"mail"`),
		fxevents.Receive(),
		fx.Populate(&placed, &mailer),
	)
	ctx := context.Background()
	if err := app.Start(ctx); err != nil {
		log.Fatal(err)
	}
	if err := placed.Emit(ctx, &Placed{ID: "7"}); err != nil { // kept in the directory from here on
		log.Fatal(err)
	}
	fmt.Println(<-mailer.sent)
	if err := app.Stop(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: a receipt for order 7
}
