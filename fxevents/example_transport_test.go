package fxevents_test

import (
	"fmt"

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
