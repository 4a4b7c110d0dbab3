package fxevents_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/transport"
)

type Placed struct{ ID string }

type Mailer struct{ tried chan struct{} }

func NewMailer() *Mailer { return &Mailer{make(chan struct{})} }

func (m *Mailer) OnPlaced(_ context.Context, p *Placed) error {
	m.tried <- struct{}{}
	return errors.New("no address for order " + p.ID)
}

// listDeadLetters shows what the key mail could not handle.
func listDeadLetters(ctx context.Context, t transport.Transport) error {
	letters, ok := t.(transport.DeadLetters)
	if !ok {
		return errors.New("the transport does not show its dead letters")
	}
	_, err := letters.EachDeadLetter(ctx, "order.placed", "mail", func(l transport.DeadLetter) transport.Disposal {
		fmt.Printf("%s %s\n", l.Body, l.Reason)
		return transport.Keep // or Replay, or Discard
	})
	return err
}

// A listener that fails for good leaves a dead letter.
func ExampleReceive() {
	var placed *rollcall.Emitter[*Placed]
	var mailer *Mailer
	var carrier transport.Transport
	app := fx.New(
		fx.NopLogger,
		fxevents.Module(
			fxevents.Subscription(transport.Subscription{Key: "mail", MaxAttempts: 1}),
			fxevents.Logger(slog.New(slog.DiscardHandler)), // or it is logged
		),
		fxevents.Event[*Placed]("order.placed"),
		fx.Provide(NewMailer, func() transport.Transport { return &transport.Local{} }),
		fxevents.Listen((*Mailer).OnPlaced, `async:"mail"`),
		fxevents.Receive(),
		fx.Populate(&placed, &mailer, &carrier),
	)
	ctx := context.Background()
	if err := app.Start(ctx); err != nil {
		log.Fatal(err)
	}
	if err := placed.Emit(ctx, &Placed{ID: "7"}); err != nil {
		log.Fatal(err)
	}
	<-mailer.tried
	if err := app.Stop(ctx); err != nil {
		log.Fatal(err)
	}
	if err := listDeadLetters(ctx, carrier); err != nil {
		log.Fatal(err)
	}
	// Output: {"ID":"7"} given up after 1 attempts: listener fxevents_test.Mailer of order.placed: no address for order 7
}
