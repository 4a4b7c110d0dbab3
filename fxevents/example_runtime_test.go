package fxevents_test

import (
	"context"
	"fmt"
	"log"

	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/provider"
)

// prints returns a listener that prints its ID.
func prints(id string) func(*Placed) { return func(*Placed) { fmt.Println(" ", id) } }

// Flags adds a listener while a feature flag is on.
type Flags struct{ listeners *provider.Mutable }

func NewFlags(m *provider.Mutable) *Flags { return &Flags{m} }

func (f *Flags) Set(discounts bool) error {
	if !discounts {
		f.listeners.Remove(event.NameKey("order.placed"), "discount.Apply")
		return nil
	}
	_, err := f.listeners.Add(rollcall.NewListener[*Placed]("discount.Apply", prints("discount.Apply"), `before:"invoice.Write"`))
	return err
}

// A feature flag adds a listener to a running application. It stands where its hint, and
// that of another listener, ask for.
func ExampleRuntime() {
	var placed *rollcall.Emitter[*Placed]
	var flags *Flags
	app := fx.New(
		fx.NopLogger,
		fxevents.Module(fxevents.Runtime()),
		fxevents.Event[*Placed]("order.placed"),
		fx.Provide(NewFlags),
		fxevents.AsListener(func() func(*Placed) { return prints("audit.Log") }, `id:"audit.Log" after:"?discount.Apply"`),
		fxevents.AsListener(func() func(*Placed) { return prints("invoice.Write") }, `id:"invoice.Write" priority:"last"`),
		fx.Populate(&placed, &flags),
	)
	if err := app.Err(); err != nil {
		log.Fatal(err)
	}
	for _, on := range []bool{false, true, false} {
		fmt.Println("discounts:", on)
		if err := flags.Set(on); err != nil {
			log.Fatal(err)
		}
		if err := placed.Emit(context.Background(), &Placed{ID: "7"}); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// discounts: false
	//   audit.Log
	//   invoice.Write
	// discounts: true
	//   discount.Apply
	//   audit.Log
	//   invoice.Write
	// discounts: false
	//   audit.Log
	//   invoice.Write
}
