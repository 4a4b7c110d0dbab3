package fxeventstest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/fxeventstest"
	"github.com/rollcall-go/rollcall/transport"
)

type Placed struct{ ID string }

// Service is the code under test.
type Service struct{ placed *rollcall.Emitter[*Placed] }

func (s Service) Place(id string) error { return s.placed.Emit(context.Background(), &Placed{ID: id}) }

// Order keeps the order of a whole application in a file: see its documentation. Record
// tests a component that emits events.
func Example() {
	t := new(testing.T) // in a test, it is the parameter
	placed := fxeventstest.Record[*Placed](t)
	s := Service{placed.Emitter()}

	fmt.Println(s.Place("7"))
	placed.Want(fxeventstest.Equal(&Placed{ID: "7"}))

	placed.FailWith(errors.New("sold out"))
	fmt.Println(s.Place("8"))
	fmt.Println(t.Failed(), len(placed.Events()))
	// Output:
	// <nil>
	// listener fxeventstest.Recorder of fxeventstest_test.Placed of *fxeventstest_test.Placed: sold out
	// false 2
}

type Mailer struct{ sent chan string }

func (m *Mailer) OnPlaced(_ context.Context, p *Placed) error {
	m.sent <- "mail " + p.ID
	return nil
}

// application needs a broker.
func application(m *Mailer) fx.Option {
	return fx.Options(
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fx.Supply(m),
		fxevents.Listen((*Mailer).OnPlaced, `async:"mail"`),
		fxevents.Receive(),
		fxevents.Transport(func() (*transport.Local, error) { return nil, errors.New("there is no broker here") }),
	)
}

// A test replaces the transport of an application.
func Example_transport() {
	ctx := context.Background()
	m := &Mailer{sent: make(chan string, 1)}
	var placed *rollcall.Emitter[*Placed]
	app := fx.New(
		application(m),
		fx.Replace(fx.Annotate(&transport.Local{}, fx.As(new(transport.Transport)))),
		fx.Populate(&placed),
		fx.NopLogger,
	)
	if err := app.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	if err := placed.Emit(ctx, &Placed{ID: "7"}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-m.sent)
	if err := app.Stop(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: mail 7
}
