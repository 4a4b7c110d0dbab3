package rollcall_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// The events of the examples.
type (
	Placed    struct{ ID string }
	Cancelled struct{ ID string }
)

// shop returns a provider of listeners that print their IDs.
func shop(listeners ...rollcall.Listener) rollcall.Provider {
	p, err := provider.Build(listeners, nil)
	if err != nil {
		panic(err)
	}
	return p
}

// says returns a listener that prints its ID.
func says(id string) func(*Placed) {
	return func(p *Placed) { fmt.Println(id, p.ID) }
}

func Example() {
	placed := rollcall.NewEmitter[*Placed](rollcall.NewDispatcher(shop(
		rollcall.NewListener[*Placed]("notifier", says("notifier"), `after:"indexer"`),
		rollcall.NewListener[*Placed]("indexer", says("indexer")),
	)))
	if err := placed.Emit(context.Background(), &Placed{ID: "7"}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// indexer 7
	// notifier 7
}

// The first error ends the dispatch.
func ExampleListenerError() {
	d := rollcall.NewDispatcher(shop(
		rollcall.NewListener[*Placed]("stock", func(*Placed) error { return errors.New("sold out") }),
		rollcall.NewListener[*Placed]("mailer", says("mailer")),
	))
	err := d.Dispatch(context.Background(), &Placed{ID: "7"})
	fmt.Println(err)
	if failed := (*rollcall.ListenerError)(nil); errors.As(err, &failed) {
		fmt.Println("failed:", failed.Listener)
	}
	// Output:
	// listener stock of *rollcall_test.Placed: sold out
	// failed: stock
}

// Every listener runs, and all errors come back.
func ExampleCollectErrors() {
	d := rollcall.NewDispatcher(shop(
		rollcall.NewListener[*Placed]("stock", func(*Placed) error { return errors.New("sold out") }),
		rollcall.NewListener[*Placed]("mailer", func(*Placed) error { panic("no template") }),
	), rollcall.CollectErrors())
	fmt.Println(d.Dispatch(context.Background(), &Placed{ID: "7"}))
	// Output:
	// listener stock of *rollcall_test.Placed: sold out
	// listener mailer of *rollcall_test.Placed: panic: no template
}

// Listeners that no hint orders run at the same time. The mailer waits for both.
func ExampleParallel() {
	d := rollcall.NewDispatcher(shop(
		rollcall.NewListener[*Placed]("stock", func(*Placed) {}),
		rollcall.NewListener[*Placed]("invoice", func(*Placed) {}),
		rollcall.NewListener[*Placed]("mailer", says("mailer"), `after:"stock, invoice"`),
	), rollcall.Parallel(4))
	fmt.Println(d.Dispatch(context.Background(), &Placed{ID: "7"}))
	// Output:
	// mailer 7
	// <nil>
}

// Events are dispatched after the reply to a request.
func ExampleBuffered() {
	ctx := context.Background()
	b := rollcall.NewBuffered(rollcall.NewDispatcher(shop(
		rollcall.NewListener[*Placed]("mailer", says("mailer")),
	)), nil)
	_ = b.Dispatch(ctx, &Placed{ID: "7"}) // it can't fail: it only keeps the event
	fmt.Println("reply")
	if _, err := b.Flush(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// reply
	// mailer 7
}

func ExampleTraced() {
	ctx := context.Background()
	d := rollcall.NewTraced(shop(
		rollcall.NewListener[*Placed]("mailer", func(*Placed) {}),
		rollcall.NewListener[*Cancelled]("refunds", func(*Cancelled) {}),
	))
	_ = d.Dispatch(ctx, &Placed{ID: "7"}) // neither listener fails
	_ = d.Dispatch(ctx, "a string")
	for _, c := range d.Called() {
		fmt.Printf("%s was called for %s: %d times\n", c.Listener, c.Event, c.Times)
	}
	for _, l := range d.NotCalled() {
		fmt.Println(l.ID, "was never called")
	}
	fmt.Println("orphans:", d.Orphans())
	// Output:
	// mailer was called for *rollcall_test.Placed: 1 times
	// refunds was never called
	// orphans: [string]
}

// A listener dispatches a further event through the dispatcher that called it.
func ExampleOrigin() {
	d := rollcall.NewDispatcher(shop(
		rollcall.NewListener[*Placed]("stock", func(ctx context.Context, p *Placed, o rollcall.Origin) error {
			return o.Dispatch(ctx, &event.Generic{Name: "stock.low", Subject: p.ID})
		}),
		rollcall.NewListener[*event.Generic]("buyer", func(g *event.Generic) { fmt.Println(g.Name, g.Subject) }, `event:"stock.low"`),
	))
	fmt.Println(d.Dispatch(context.Background(), &Placed{ID: "7"}))
	// Output:
	// stock.low 7
	// <nil>
}

// The first event opens the connection.
func ExampleLazy() {
	ctx := context.Background()
	d := rollcall.NewDispatcher(shop(
		rollcall.Lazy[*Placed]("mailer", func() (func(context.Context, *Placed) error, error) {
			fmt.Println("connect")
			return func(_ context.Context, p *Placed) error {
				fmt.Println("mail", p.ID)
				return nil
			}, nil
		}),
	))
	fmt.Println(d.Dispatch(ctx, &Placed{ID: "7"}), d.Dispatch(ctx, &Placed{ID: "8"}))
	// Output:
	// connect
	// mail 7
	// mail 8
	// <nil> <nil>
}

func ExampleOnce() {
	ctx := context.Background()
	welcome := rollcall.Once(rollcall.NewListener[*Placed]("welcome", says("welcome")))
	d := rollcall.NewDispatcher(shop(welcome))
	fmt.Println(d.Dispatch(ctx, &Placed{ID: "7"}), d.Dispatch(ctx, &Placed{ID: "8"}))
	// Output:
	// welcome 7
	// <nil> <nil>
}

// printer is an observer that prints what it sees.
type printer struct{}

func (printer) Begin(ctx context.Context, d rollcall.Dispatched) (context.Context, rollcall.Observation) {
	return ctx, calls{d}
}

type calls struct{ rollcall.Dispatched }

func (c calls) Calling(ctx context.Context, i int) context.Context {
	fmt.Println(c.Event, "calls", c.Listeners.At(i).ID)
	return ctx
}
func (c calls) Returned(i int, err error) { fmt.Println(c.Listeners.At(i).ID, "returned", err) }
func (calls) Stopped(before int)          {}
func (calls) End(err error)               { fmt.Println("ended", err) }

func ExampleObserve() {
	d := rollcall.NewDispatcher(shop(
		rollcall.NewListener[*Placed]("mailer", func(*Placed) {}),
	), rollcall.Observe(printer{}))
	_ = d.Dispatch(context.Background(), &Placed{ID: "7"}) // its error is printed
	// Output:
	// *rollcall_test.Placed calls mailer
	// mailer returned <nil>
	// ended <nil>
}

// weekend is a provider of one's own: it has other listeners on weekends.
type weekend struct {
	days, weekends []*rollcall.Listener
	isWeekend      func() bool
}

func (w weekend) Listeners(any) (*rollcall.Listeners, error) {
	listeners := w.days
	if w.isWeekend() {
		listeners = w.weekends
	}
	return rollcall.NewListeners(rollcall.Spec{
		Listeners: listeners,
		Event:     rollcall.Declare[*Placed]("order.placed"),
	}) // without EveryEvent: each dispatch asks again
}

func ExampleNewListeners() {
	ctx := context.Background()
	open := rollcall.NewListener[*Placed]("shop", says("shop"))
	closed := rollcall.NewListener[*Placed]("machine", says("answering machine"))
	sunday := false
	d := rollcall.NewDispatcher(weekend{
		days: []*rollcall.Listener{&open}, weekends: []*rollcall.Listener{&closed},
		isWeekend: func() bool { return sunday },
	})
	_ = d.Dispatch(ctx, &Placed{ID: "7"}) // no listener fails
	sunday = true
	_ = d.Dispatch(ctx, &Placed{ID: "8"})
	// Output:
	// shop 7
	// answering machine 8
}
