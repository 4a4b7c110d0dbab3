package event_test

import (
	"context"
	"fmt"

	"github.com/rollcall-go/rollcall"
	"github.com/rollcall-go/rollcall/event"
	"github.com/rollcall-go/rollcall/provider"
)

// Payment is an event with a name, and a listener can stop it.
type Payment struct {
	event.Propagation
	Amount int
}

func (*Payment) EventName() string { return "payment.received" }

// A listener stops an event, so that the listeners after it are not called.
func Example() {
	p, err := provider.Build([]rollcall.Listener{
		rollcall.NewListener[*Payment]("fraud", func(p *Payment) {
			if p.Amount > 1000 {
				p.StopPropagation()
			}
		}, `priority:"first"`),
		rollcall.NewListener[*Payment]("receipt", func(p *Payment) { fmt.Println("receipt for", p.Amount) }, `event:"payment.received"`),
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	d := rollcall.NewDispatcher(p)
	for _, amount := range []int{20, 5000} {
		fmt.Println(amount, d.Dispatch(context.Background(), &Payment{Amount: amount}))
	}
	// Output:
	// receipt for 20
	// 20 <nil>
	// 5000 <nil>
}

// A Generic carries what is not worth a Go type.
func ExampleGeneric() {
	listener := rollcall.NewListener[*event.Generic]("counter", func(g *event.Generic) error {
		n, err := event.Argument[int](g, "pages")
		fmt.Println(g.Name, g.Subject, n)
		return err
	}, `event:"report.printed"`)
	p, err := provider.Build([]rollcall.Listener{listener}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	g := &event.Generic{Name: "report.printed", Subject: "2026"}
	g.Set("pages", 12)
	fmt.Println(rollcall.NewDispatcher(p).Dispatch(context.Background(), g))
	// Output:
	// report.printed 2026 12
	// <nil>
}

func ExampleCheckName() {
	for _, name := range []string{"order.placed", "order.list", "Order Placed"} {
		advice, err := event.CheckName(name)
		switch {
		case err != nil:
			fmt.Println("bad:", err)
		case advice != "":
			fmt.Println("better:", advice)
		default:
			fmt.Println("good:", name)
		}
	}
	// Output:
	// good: order.placed
	// better: event name "order.list": its last word, "list", should be a verb that says what happened, as in "recipe.created"
	// bad: event name "Order Placed" has 'O': use lower-case letters, digits, "." and "_" only
}
