package transport_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Placed is the event of the examples.
type Placed struct{ ID string }

// Mailer receives events.
type Mailer struct {
	handled transport.Handled
	sent    int
}

func (m *Mailer) send(_ context.Context, e *Placed) error {
	m.sent++
	fmt.Println("mail", e.ID)
	return nil
}

func (m *Mailer) OnPlaced(ctx context.Context, e *Placed) error {
	return transport.HandleOnce(ctx, m.handled, "orders.Mailer", func(ctx context.Context) error {
		return m.send(ctx, e)
	})
}

// receive receives by the key mail until the function has been called n times.
func receive(t transport.Transport, n int, f func(context.Context, *Placed) error) {
	ctx, stop := context.WithCancel(context.Background())
	r := transport.NewReceiver("mail", func(ctx context.Context, p *Placed) error {
		if n--; n == 0 {
			defer stop()
		}
		return f(ctx, p)
	})
	if err := r.Receive(ctx, t, "order.placed"); err != nil {
		fmt.Println(err)
	}
}

// declare has the transport keep orders for the key mail from now on.
func declare(t transport.Declarer) {
	if err := t.Declare(context.Background(), transport.Subscription{Event: "order.placed", Key: "mail"}); err != nil {
		fmt.Println(err)
	}
}

// An event is kept for its receiver until the receiver has handled it.
func Example() {
	t := &transport.Local{} // a broker in production
	declare(t)
	p := transport.NewPublisher(t)
	if err := p.Publish(context.Background(), "order.placed", &Placed{ID: "7"}); err != nil {
		fmt.Println(err)
	}
	receive(t, 1, func(_ context.Context, p *Placed) error {
		fmt.Println("mail", p.ID)
		return nil
	})
	// Output: mail 7
}

// A message that is delivered twice is handled once.
func ExampleHandleOnce() {
	t := &transport.Local{}
	declare(t)
	m := &Mailer{handled: &transport.Recent{Limit: 1000}} // in memory: a database survives a restart
	for range 2 {
		message := transport.Message{ID: "1", Event: "order.placed", ContentType: "application/json", Body: []byte(`{"ID":"7"}`)}
		if err := t.Publish(context.Background(), message); err != nil {
			fmt.Println(err)
		}
	}
	receive(t, 2, m.OnPlaced)
	// Output: mail 7
}

// A receiver that is not ready asks for the event again.
func ExampleRefuseFor() {
	t := &transport.Local{}
	declare(t)
	if err := transport.NewPublisher(t).Publish(context.Background(), "order.placed", &Placed{ID: "7"}); err != nil {
		fmt.Println(err)
	}
	receive(t, 2, func(ctx context.Context, p *Placed) error {
		d, _ := transport.DeliveryOf(ctx)
		fmt.Println("attempt", d.Attempt)
		if d.Attempt == 1 {
			return transport.RefuseFor(time.Millisecond)
		}
		return nil
	})
	// Output:
	// attempt 1
	// attempt 2
}

// A message that was rejected can be looked at and published again.
func ExampleDeadLetters() {
	ctx := context.Background()
	t := &transport.Local{}
	declare(t)
	if err := transport.NewPublisher(t).Publish(ctx, "order.placed", "no order"); err != nil {
		fmt.Println(err)
	}
	subscribed, stop := context.WithCancel(ctx)
	err := t.Subscribe(subscribed, transport.Subscription{Event: "order.placed", Key: "mail"},
		func(context.Context, transport.Delivery) transport.Verdict {
			stop()
			return transport.Reject("it is not an order")
		})
	if err != nil {
		fmt.Println(err)
	}
	n, err := t.EachDeadLetter(ctx, "order.placed", "mail", func(l transport.DeadLetter) transport.Disposal {
		fmt.Printf("%s: %s\n", l.Body, l.Reason)
		return transport.Replay
	})
	fmt.Println(n, err)
	// Output:
	// "no order": it is not an order
	// 1 <nil>
}
