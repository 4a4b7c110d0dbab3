package fxevents_test

import (
	"context"
	"errors"
	"fmt"
	"testing/fstest"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/fxevents"
	"github.com/rollcall-go/rollcall/inspect"
	"github.com/rollcall-go/rollcall/ordering"
	"github.com/rollcall-go/rollcall/provider"
)

// Stock is a component that others inject, too.
type Stock struct{}

func NewStock() *Stock { return &Stock{} }

func (*Stock) Reserve(_ context.Context, p *Placed) error {
	fmt.Println("reserve", p.ID)
	return nil
}

// Receipt only listens.
type Receipt struct{}

func NewReceipt() *Receipt { return &Receipt{} }

func (*Receipt) Handle(p *Placed) { fmt.Println("print a receipt for", p.ID) }

// place runs an application that places one order.
func place(options ...fx.Option) {
	app := fx.New(fx.Options(options...), fx.NopLogger, fx.Invoke(func(placed *rollcall.Emitter[*Placed]) error {
		return placed.Emit(context.Background(), &Placed{ID: "7"})
	}))
	if err := app.Err(); err != nil {
		fmt.Println(err)
	}
}

// A module declares its event and contributes listeners. The emitter is in the container.
func ExampleModule() {
	place(
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fxevents.AsListener(NewReceipt, `after:"fxevents_test.Stock"`),
		fx.Provide(NewStock),
		fxevents.Listen((*Stock).Reserve),
	)
	// Output:
	// reserve 7
	// print a receipt for 7
}

// A constructor's result listens by its method Handle.
func ExampleAsListener() {
	place(
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fxevents.AsListener(NewReceipt),
		fxevents.AsListener(func() func(*Placed) {
			return func(p *Placed) { fmt.Println("count", p.ID) }
		}, `id:"stats.Counter" priority:"first"`), // a function has no name of its own
	)
	// Output:
	// count 7
	// print a receipt for 7
}

// A method of a component that the container has is a listener.
func ExampleListen() {
	place(
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fx.Provide(NewStock),
		fxevents.Listen((*Stock).Reserve, `priority:"first"`),
	)
	// Output: reserve 7
}

// The application's file replaces what a tag says.
func ExampleOrderFile() {
	files := fstest.MapFS{"order.yaml": {Data: []byte(`
services:
  fxevents_test.Receipt:
    tags: [ { name: event_listener, event: order.placed, priority: first } ]
`)}} // usually os.DirFS or an embed.FS
	place(
		fxevents.Module(fxevents.OrderFile(files, "order.yaml")),
		fxevents.Event[*Placed]("order.placed"),
		fx.Provide(NewStock),
		fxevents.Listen((*Stock).Reserve),
		fxevents.AsListener(NewReceipt, `priority:"last"`),
		fx.Invoke(func(r *inspect.Report) {
			for _, l := range r.Providers[0].Events[0].Listeners {
				fmt.Printf("%s: %s\n", l.ID, l.Reason)
			}
		}),
	)
	// Output:
	// fxevents_test.Receipt: first
	// fxevents_test.Stock: priority 0 (default)
	// print a receipt for 7
	// reserve 7
}

// All problems come together, each with its place.
func ExampleAssemblyError() {
	app := fx.New(
		fx.NopLogger,
		fxevents.Module(),
		fxevents.Event[*Placed]("order.placed"),
		fxevents.AsListener(NewReceipt, `after:"fxevents_test.Stok"`),
		fxevents.AsListener(NewReceipt, `id:"second" event:"order.plcaed"`),
		fx.Provide(NewStock),
		fxevents.Listen((*Stock).Reserve),
	)
	var problems *fxevents.AssemblyError
	if errors.As(app.Err(), &problems) {
		fmt.Println(len(problems.Problems), "problems")
	}
	var unknown *ordering.UnknownTargetError
	if errors.As(app.Err(), &unknown) {
		fmt.Println("no listener has the ID", unknown.Hint.Target)
	}
	// Output:
	// 2 problems
	// no listener has the ID fxevents_test.Stok
}

// Every listener is called, and the errors come back together.
func ExamplePolicy() {
	place(
		fxevents.Module(fxevents.Policy(rollcall.CollectErrors())),
		fxevents.Event[*Placed]("order.placed"),
		fxevents.AsListener(func() func(*Placed) error {
			return func(p *Placed) error { return fmt.Errorf("no printer for %s", p.ID) }
		}, `id:"printer"`),
		fxevents.AsListener(NewReceipt),
	)
	// Output:
	// print a receipt for 7
	// listener printer of order.placed: no printer for 7
}

// A second provider has its own listeners and its own dispatcher.
func ExampleNamedProvider() {
	app := fx.New(
		fx.NopLogger,
		fxevents.Module(fxevents.NamedProvider("admin", "admin_listener")),
		fxevents.AsListener(NewReceipt, `group:"admin_listener"`),
		fx.Invoke(fx.Annotate(func(d rollcall.Dispatcher) error {
			return d.Dispatch(context.Background(), &Placed{ID: "7"})
		}, fx.ParamTags(`name:"admin"`))),
	)
	fmt.Println(app.Err())
	// Output:
	// print a receipt for 7
	// <nil>
}

// A dig container without Fx provides listeners by their names.
func ExampleDigContainer() {
	c := dig.New()
	if err := c.Provide(NewReceipt, dig.Name("receipt")); err != nil {
		fmt.Println(err)
	}
	ids := map[event.Key][]string{event.KeyOf[*Placed](): {"receipt"}}
	p, err := provider.NewContainer(ids, fxevents.DigContainer[*Receipt](c))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(rollcall.NewDispatcher(p).Dispatch(context.Background(), &Placed{ID: "7"}))
	// Output:
	// print a receipt for 7
	// <nil>
}
