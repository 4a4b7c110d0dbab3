package transporttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

func checkRetry(x *trial) {
	const after = 300 * time.Millisecond
	times := make(chan time.Time, 2)
	r := x.receive(transport.Subscription{Key: "one"}, func(d transport.Delivery) transport.Verdict {
		if string(d.Body) == "0" {
			times <- time.Now()
		}
		switch {
		case string(d.Body) == "long":
			return transport.Retry(time.Hour, "not today")
		case string(d.Body) == "0" && d.Attempt == 1:
			return transport.Retry(after, "not yet")
		}
		return transport.Ack()
	})
	long := x.message(2)
	long.Body = []byte("long")
	x.publish(long)
	x.publish(x.numbered(0, 2)...)
	var got []string
	for range 4 {
		d := r.next()
		got = append(got, fmt.Sprint(string(d.Body), "/", d.Attempt))
	}
	if want := []string{"long/1", "0/1", "1/1", "0/2"}; !slices.Equal(got, want) {
		x.Errorf("got %v, want %v: what waits must not hold up others", got, want)
	}
	if first, again := <-times, <-times; again.Sub(first) < after {
		x.Errorf("it came again after %v, asked for was %v", again.Sub(first), after)
	}
}

func checkPanic(x *trial) {
	var panicked atomic.Bool
	r := x.receive(transport.Subscription{Key: "one"}, func(transport.Delivery) transport.Verdict {
		if panicked.CompareAndSwap(false, true) {
			panic("at the first")
		}
		return transport.Ack()
	})
	x.publish(x.message(1))
	if d := r.next(); string(d.Body) != "1" || d.Attempt != 2 {
		x.Errorf("got %q, attempt %d", d.Body, d.Attempt)
	}
}

func checkMaxAttempts(x *trial) {
	r := x.receive(transport.Subscription{Key: "one", MaxAttempts: 3}, func(d transport.Delivery) transport.Verdict {
		return transport.Retry(0, "still closed")
	})
	x.publish(x.message(1))
	for attempt := 1; attempt <= 3; attempt++ {
		if d := r.next(); d.Attempt != attempt {
			x.Errorf("attempt %d is told as %d", attempt, d.Attempt)
		}
	}
	letter := x.letters("one", 1)[0]
	if !strings.Contains(letter.Reason, "still closed") || letter.Attempt != 3 || string(letter.Body) != "1" || letter.At.IsZero() {
		x.Errorf("got the letter %+v", letter)
	}
	r.nothing()
}

func checkReject(x *trial) {
	r := x.receive(transport.Subscription{Key: "one"}, func(d transport.Delivery) transport.Verdict {
		if string(d.Body) == "0" {
			return transport.Reject("it is \"not\" mine, äh")
		}
		return transport.Ack()
	})
	x.publish(x.numbered(0, 2)...)
	r.bodies(2)
	letter := x.letters("one", 1)[0]
	if letter.Reason != "it is \"not\" mine, äh" || letter.ID != x.message(0).ID || letter.Event != x.event || letter.Key != "one" {
		x.Errorf("got the letter %+v", letter)
	}
	r.nothing()
}

func checkDisposal(x *trial) {
	d, ok := x.Transport.(transport.DeadLetters)
	if !ok {
		x.Skip("it is not a transport.DeadLetters")
	}
	var open atomic.Bool
	decide := func(transport.Delivery) transport.Verdict {
		if open.Load() {
			return transport.Ack()
		}
		return transport.Reject("closed")
	}
	r, other := x.receive(transport.Subscription{Key: "one"}, decide), x.receive(transport.Subscription{Key: "other"}, ack)
	x.publish(x.numbered(0, 3)...)
	r.bodies(3)
	other.bodies(3)
	for i, l := range x.letters("one", 3) {
		if string(l.Body) != fmt.Sprint(i) {
			x.Errorf("letter %d is %q: want the oldest first", i, l.Body)
		}
	}
	if letters := x.letters("other", 0); len(letters) > 0 {
		x.Errorf("another receiver has the letters %v", letters)
	}
	open.Store(true)
	n, err := d.EachDeadLetter(x.ctx, x.event, "one", func(l transport.DeadLetter) transport.Disposal {
		return map[string]transport.Disposal{"0": transport.Keep, "1": transport.Replay, "2": transport.Discard}[string(l.Body)]
	})
	if n != 3 || err != nil {
		x.Fatalf("shown were %d: %v", n, err)
	}
	if d := r.next(); string(d.Body) != "1" || d.Attempt != 1 {
		x.Errorf("got %q, attempt %d", d.Body, d.Attempt)
	}
	if left := x.letters("one", 1); len(left) != 1 || string(left[0].Body) != "0" {
		x.Errorf("left are %v", left)
	}
	r.nothing()
	other.nothing() // only the receiver of a dead letter gets its replay
}

func checkDrain(x *trial) {
	begun, finish := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	r := x.receiveBy(transport.Subscription{Key: "one"}, func(ctx context.Context, d transport.Delivery) transport.Verdict {
		close(begun)
		<-finish
		if ctx.Err() != nil {
			x.Errorf("the handler's context ended with the subscription")
		}
		ended.Store(true)
		return transport.Ack()
	})
	x.publish(x.message(1))
	r.await(begun)
	stopped := make(chan struct{})
	go func() {
		r.stop()
		if !ended.Load() {
			x.Errorf("the subscription ended before its handler")
		}
		close(stopped)
	}()
	select { // a subscription that does not wait would end within grace
	case <-stopped:
	case <-time.After(grace):
	}
	close(finish)
	<-stopped
	// Message 1 was acknowledged, so it is not redelivered.
	next := x.receive(transport.Subscription{Key: "one"}, ack)
	x.publish(x.message(2))
	if d := next.next(); string(d.Body) != "2" {
		x.Errorf("got %q again", d.Body)
	}
}

func checkHandOver(x *trial) {
	const n = 20
	begun, finish := make(chan struct{}), make(chan struct{})
	var once sync.Once
	first := x.receive(transport.Subscription{Key: "one"}, func(transport.Delivery) transport.Verdict {
		once.Do(func() { close(begun); <-finish })
		return transport.Ack()
	})
	x.publish(x.numbered(0, n)...)
	first.await(begun)
	first.end()
	close(finish)
	first.stop()
	var got []string
	for len(first.got) > 0 {
		got = append(got, string((<-first.got).Body))
	}
	second := x.receive(transport.Subscription{Key: "one"}, ack)
	got = append(got, second.bodies(n-len(got))...)
	slices.Sort(got)
	if len(slices.Compact(got)) != n {
		x.Errorf("of %d messages came %v", n, got)
	}
	second.nothing()
}

func checkRetryHandOver(x *trial) {
	begun, finish := make(chan struct{}), make(chan struct{})
	first := x.receive(transport.Subscription{Key: "one"}, func(transport.Delivery) transport.Verdict {
		close(begun)
		<-finish
		return transport.Retry(300*time.Millisecond, "not yet")
	})
	x.publish(x.message(1))
	first.await(begun)
	first.end()
	close(finish)
	first.stop()
	second := x.receive(transport.Subscription{Key: "one"}, ack)
	if d := second.next(); string(d.Body) != "1" || d.Attempt != 2 {
		x.Errorf("got %q, attempt %d", d.Body, d.Attempt)
	}
}

func checkBadInput(x *trial) {
	bad := x.message(1)
	bad.ID = ""
	long := x.message(2)
	long.Event = strings.Repeat("x", 200)
	split := x.message(3)
	split.Headers = map[string]string{"a": "b\r\nc: d"}
	reserved := x.message(4)
	reserved.Headers = map[string]string{"ce-type": "other"}
	wild := x.message(5)
	wild.Event = x.event + ".*"
	r := x.receive(transport.Subscription{Key: "one"}, ack)
	for _, m := range []transport.Message{bad, long, split, reserved, wild} {
		var problem *transport.MessageError
		if err := x.Publish(x.ctx, m); !errors.As(err, &problem) {
			x.Errorf("publishing %q of %q with %q: %v, want a *transport.MessageError", m.ID, m.Event, m.Headers, err)
		}
	}
	for _, s := range []transport.Subscription{{}, {Event: "a b"}, {Event: x.event, Key: "a.>"}, {Event: x.event, MaxInFlight: -1}} {
		var problem *transport.SubscriptionError
		if err := x.Subscribe(x.ctx, s, func(context.Context, transport.Delivery) transport.Verdict { return transport.Ack() }); !errors.As(err, &problem) {
			x.Errorf("subscribing to %q by %q, %d in flight: %v, want a *transport.SubscriptionError", s.Event, s.Key, s.MaxInFlight, err)
		}
	}
	x.publish(x.message(6)) // the transport still works
	if got := r.bodies(1); got[0] != "6" {
		x.Errorf("got %v", got)
	}
}

func checkCancelledPublish(x *trial) {
	r := x.receive(transport.Subscription{Key: "one"}, ack)
	ctx, cancel := context.WithCancel(x.ctx)
	cancel()
	if err := x.Publish(ctx, x.message(1)); !errors.Is(err, context.Canceled) {
		x.Errorf("got %v", err)
	}
	x.publish(x.message(2))
	for {
		if d := r.next(); string(d.Body) == "2" {
			return
		}
	}
}
