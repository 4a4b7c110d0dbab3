package amqpevents_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// Whatever was confirmed is handled, however often the connections are cut.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		x := newSpace(t)
		p := newProxy(t, nil)
		o := x.open(t, p.url(), options...)
		s := mail
		s.MaxInFlight, s.MaxAttempts = 8, 1_000_000
		r := receive(t, o, s, ack)
		ctx := within(t)
		const publishers, each, cuts = 8, 100, 5
		var publishing sync.WaitGroup
		for n := range publishers {
			publishing.Go(func() {
				for i := range each {
					if err := o.Publish(ctx, event(fmt.Sprint(n, "-", i))); err != nil {
						t.Errorf("publishing: %v", err)
					}
				}
			})
		}
		handled := map[string]bool{}
		for done := 0; len(handled) < publishers*each; {
			handled[r.next().ID] = true
			if until := (done + 1) * publishers * each / (cuts + 1); len(handled) >= until { // once for each, as what was cut off comes again
				done++
				p.cut()
			}
		}
		publishing.Wait()
		if n := p.connections(); n < 4 {
			t.Errorf("there were only %d connections", n)
		}
	})
}

// A verdict on a delivery of a lost connection is none: the message comes again,
// which counts, and what has the same tag on the new connection is not touched.
// Nor is a delivery handled, or counted, that has waited until its connection was lost.
func TestStaleDelivery(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		x := newSpace(t)
		p := newProxy(t, nil)
		o := x.open(t, p.url(), options...)
		p.count(delivering())
		finish := make(chan struct{})
		r := receive(t, o, mail, func(d transport.Delivery) transport.Verdict {
			if d.ID == "1" && d.Attempt == 1 {
				<-finish
				return transport.Reject("too late")
			}
			return transport.Ack()
		})
		publish(t, o, event("1"), event("2"))
		for deliveries := 1; deliveries <= 3; deliveries++ {
			for ctx := within(t); p.countedCalls() < deliveries && ctx.Err() == nil; pause(ctx) {
			}
			if err := o.Declare(within(t), mail); err != nil { // the answer comes behind the delivery
				t.Fatal(err)
			}
			if deliveries < 3 {
				p.cut()
			}
		}
		publish(t, o, event("3"))
		if n := len(r.got); n != 1 {
			t.Errorf("%d handlers run, one may", n)
		}
		close(finish)
		for n, want := range []string{"1/1", "1/2", "2/1", "3/1"} {
			if d := r.next(); fmt.Sprint(d.ID, "/", d.Attempt) != want {
				t.Errorf("number %d is %s, attempt %d, want %s", n, d.ID, d.Attempt, want)
			}
		}
		r.stop()
		r.nothing()
		if n := left(t, x); n != 0 {
			t.Errorf("%d messages are left", n)
		}
		if n, err := o.EachDeadLetter(within(t), mail.Event, mail.Key, replay); n != 0 || err != nil {
			t.Errorf("there are %d dead letters: %v", n, err)
		}
	})
}

// left is how many messages wait in the queue of most tests.
func left(t *testing.T, x *space) int {
	t.Helper()
	conn := dial(t, x.url)
	defer conn.Close()
	q, err := channel(t, conn).QueueDeclarePassive(x.queue(mail), true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return q.Messages
}

// crash gets one delivery and loses its connection for good before the handler returns.
func crash(t *testing.T, x *space, s transport.Subscription, options ...amqpevents.Option) transport.Delivery {
	t.Helper()
	p := newProxy(t, nil)
	o := x.open(t, p.url(), options...)
	returning := make(chan struct{})
	r := receive(t, o, s, func(transport.Delivery) transport.Verdict {
		<-returning
		return transport.Ack()
	})
	t.Cleanup(func() { close(returning) })
	d := r.next()
	_ = p.listener.Close()
	p.cut()
	return d
}

// What was delivered too often, with nobody to settle it, is a dead letter
// without its handler being asked again.
func TestCrashesCount(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		x, log := newSpace(t), newRecords()
		o := x.open(t, x.url, append(options, log.option())...)
		s := mail
		s.MaxAttempts = 1
		if err := o.Declare(within(t), s); err != nil {
			t.Fatal(err)
		}
		publish(t, o, event("1"))
		crash(t, x, s, options...)
		r := receive(t, o, s, ack)
		l := letters(t, o, mail, 1)[0]
		if want := "given up after 1 attempts: no receiver has settled the last one"; l.Reason != want || l.Attempt != 1 {
			t.Errorf("got the letter %+v, want %s", l, want)
		}
		r.nothing()
		log.next(t, "level=ERROR", "event becomes a dead letter", "id=1 attempt=1", l.Reason)
	})
}

// A quorum queue counts each crash.
func TestEveryCrashCounts(t *testing.T) {
	t.Parallel()
	x := newSpace(t)
	o := x.open(t, x.url)
	if err := o.Declare(within(t), mail); err != nil {
		t.Fatal(err)
	}
	publish(t, o, event("1"))
	for attempt := 1; attempt < 4; attempt++ {
		if d := crash(t, x, mail); d.Attempt != attempt {
			t.Errorf("attempt %d is told as %d", attempt, d.Attempt)
		}
	}
	if d := receive(t, o, mail, ack).next(); d.Attempt != 4 {
		t.Errorf("attempt 4 is told as %d", d.Attempt)
	}
}

// What a subscription has handled is acknowledged when it comes again, because the
// connection was lost before that could be done, and its handler is not called again.
func TestHandledWithoutConnection(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		x := newSpace(t)
		p := newProxy(t, nil)
		o := x.open(t, p.url(), options...)
		p.count(delivering())
		finish := make(chan struct{})
		s := mail
		s.MaxInFlight, s.MaxAttempts = 2, 1
		r := receive(t, o, s, func(d transport.Delivery) transport.Verdict {
			if d.ID == "1" {
				<-finish
			}
			return transport.Ack()
		})
		publish(t, o, event("1"))
		r.next()
		p.cut()
		for ctx := within(t); p.countedCalls() < 2 && ctx.Err() == nil; pause(ctx) {
		}
		publish(t, o, event("2")) // there is a handler for it
		if d := r.next(); d.ID != "2" {
			t.Errorf("got %s", d.ID)
		}
		close(finish)
		r.stop()
		r.nothing()
		if n := left(t, x); n != 0 {
			t.Errorf("%d messages are left", n)
		}
		if n, err := o.EachDeadLetter(within(t), mail.Event, mail.Key, replay); n != 0 || err != nil {
			t.Errorf("there are %d dead letters: %v", n, err)
		}
	})
}

// A temporary receiver is there again after the connection was lost.
func TestTemporaryReceiverReturns(t *testing.T) {
	t.Parallel()
	x := newSpace(t)
	p := newProxy(t, nil)
	o := x.open(t, p.url())
	r := receive(t, o, transport.Subscription{Event: mail.Event}, ack)
	ctx := within(t)
	until := func(id string) {
		for o.Publish(ctx, event(id)) != nil {
			if ctx.Err() != nil {
				t.Fatal("the receiver is not there")
			}
		}
		for r.next().ID != id {
		}
	}
	until("1")
	p.cut()
	until("2")
}

// While nothing reads what is sent, a publish ends with its context all the same,
// and so does closing. Afterwards everything goes on.
func TestStalledConnection(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for heartbeats")
	}
	t.Parallel()
	x := newSpace(t)
	p := newProxy(t, nil)
	o := x.open(t, p.url())
	r := receive(t, o, mail, ack)
	p.stall()
	large := event("large")
	large.Body = make([]byte, 12<<20) // more than fits on the way
	for n, want := range []string{"the broker has not confirmed it, so it may or may not have been kept", "the broker does not read what is sent", "the broker does not read what is sent"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		err := o.Publish(ctx, large)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), want) {
			t.Errorf("number %d: %v, want %s", n, err, want)
		}
	}
	p.resume()
	publish(t, o, event("1"))
	for r.next().ID != "1" {
	}
	p.stall()
	r.stop() // the consumer is given up when the broker does not answer
	o.Close()
}

// A call that the broker does not answer, as where a queue has no leader, costs
// nobody else the connection, however slow its heartbeats are, and is made again.
func TestCallWithoutAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for an answer that does not come")
	}
	t.Parallel()
	for _, parameters := range []string{"", "?heartbeat=60"} {
		t.Run("url"+parameters, func(t *testing.T) {
			t.Parallel()
			// A busy broker may send no heartbeat either. Then the connection is given up, rightly.
			for range 3 {
				if callWithoutAnswer(t, parameters) {
					return
				}
			}
			t.Error("it always costs the connection")
		})
	}
}

// callWithoutAnswer reports whether the connection was kept.
func callWithoutAnswer(t *testing.T, parameters string) (kept bool) {
	x, p := newSpace(t), newProxy(t, nil)
	o := x.open(t, p.url()+parameters)
	other := receive(t, o, mail, ack)
	sick := transport.Subscription{Event: "order.sick", Key: "mail"}
	p.withhold(consumingFrom(x.queue(sick)), 1)
	r := receive(t, o, sick, ack)
	publish(t, o, transport.Message{ID: "1", Event: sick.Event}, event("2"))
	other.next()
	r.next()
	p.withhold(cancelling(), 1)
	r.stop()
	publish(t, o, event("3"))
	d := other.next()
	kept = d.ID == "3" && d.Attempt == 1 && p.connections() == 2
	other.stop()
	p.count(closed())
	o.Close()
	for ctx := within(t); p.countedCalls() < 2; pause(ctx) { // it would give up waiting for that
		if ctx.Err() != nil {
			t.Fatalf("the broker has closed %d connections when it was asked", p.countedCalls())
		}
	}
	return kept
}

// What was sent to be retried is not sent again while the broker takes long to
// confirm it.
func TestLateConfirmation(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for longer than there is to send")
	}
	t.Parallel()
	x, p := newSpace(t), newProxy(t, nil)
	o, beside := x.open(t, p.url()+"?heartbeat=60"), x.open(t, x.url) // which are held back, too
	s := mail
	s.MaxInFlight = 8
	r := receive(t, o, s, secondTime)
	publish(t, beside, event("first")) // makes the tier
	r.next()
	r.next()
	p.unconfirm()
	publish(t, beside, event("late"))
	r.next()
	r.next() // so the broker has it
	other := transport.Subscription{Event: "order.other", Key: "mail"}
	p.withhold(declaring(x.queue(other)), 1)
	if err := o.Declare(within(t), other); err == nil || !strings.Contains(err.Error(), "the broker does not answer") {
		t.Errorf("declaring: %v", err) // after as long as there is to send
	}
	p.confirm()
	publish(t, beside, event("last"))
	for _, want := range []string{"last/1", "last/2"} {
		if d := r.next(); fmt.Sprint(d.ID, "/", d.Attempt) != want {
			t.Errorf("got %s, attempt %d, want %s", d.ID, d.Attempt, want)
		}
	}
	r.stop()
	if n := left(t, x); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}

// Without a connection, a publish waits for one until its context ends.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	x := newSpace(t)
	p := newProxy(t, nil)
	o := x.open(t, p.url())
	_ = p.listener.Close()
	p.cut()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	want := "there is no connection to " + p.listener.Addr().String()
	var publishing sync.WaitGroup
	for range 3 {
		publishing.Go(func() {
			if err := o.Publish(ctx, event("1")); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), want) {
				t.Errorf("publishing: %v, want %s", err, want)
			}
		})
	}
	publishing.Wait()
	if err := o.Declare(ctx, mail); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), want) {
		t.Errorf("declaring: %v, want %s", err, want)
	}
	if err := o.Subscribe(ctx, mail, nil); err != nil {
		t.Errorf("a subscription that has ended: %v", err)
	}
}
