package transporttest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// checkDelay publishes with a delay and at a time. Nothing may come early. A transport that
// can't delay must refuse both.
func checkDelay(x *trial) {
	const after = 300 * time.Millisecond
	times := make(chan time.Time, 10)
	r := x.receive(transport.Subscription{Key: "one"}, func(transport.Delivery) transport.Verdict {
		times <- time.Now()
		return transport.Ack()
	})
	began := time.Now()
	delayed := x.delayed(transport.WithDelay(x.ctx, after), x.message(0))
	atTime := x.delayed(transport.At(x.ctx, began.Add(after)), x.message(1))
	if delayed != atTime {
		x.Errorf("it can delay %t, and publish at a time %t", delayed, atTime)
	}
	var want []string
	if delayed {
		want = append(want, "0", "1")
	}
	x.publishNow(transport.WithDelay(transport.At(x.ctx, began.Add(time.Hour)), 0), x.message(2))
	x.publishNow(transport.At(transport.WithDelay(x.ctx, time.Hour), time.Time{}), x.message(3))
	want = append(want, "2", "3")
	var got []string
	for range want {
		d := r.next()
		got = append(got, string(d.Body))
		if came := (<-times).Sub(began); slices.Contains([]string{"0", "1"}, string(d.Body)) && came < after {
			x.Errorf("%s came after %v, and its delay is %v", d.Body, came, after)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		x.Errorf("got %v, want %v", got, want)
	}
	r.nothing()
}

// delayed publishes with a context that has a delay. It returns false if the transport
// refuses that.
func (x *trial) delayed(ctx context.Context, m transport.Message) bool {
	x.Helper()
	can := transport.CheckDelay(ctx, x.Transport, m) == nil
	err := x.Publish(ctx, m)
	var problem *transport.MessageError
	switch {
	case can && err != nil:
		x.Fatalf("publishing with a delay, as it can: %v", err)
	case !can && err == nil:
		x.Fatal("it says that it can't delay, and takes a delay: return the error of transport.CheckDelay, or implement transport.Delayer")
	case !can && !errors.As(err, &problem):
		x.Errorf("publishing with a delay: %v, want a *transport.MessageError", err)
	}
	return can
}

// publishNow publishes with a context whose delay was replaced by none.
func (x *trial) publishNow(ctx context.Context, m transport.Message) {
	x.Helper()
	if err := x.Publish(ctx, m); err != nil {
		x.Fatalf("publishing %s without a delay: %v", m.ID, err)
	}
}
