package amqpevents_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// both runs a test with each type of queues, at the same time.
func both(t *testing.T, test func(t *testing.T, options ...amqpevents.Option)) {
	for name, options := range map[string][]amqpevents.Option{"quorum": nil, "classic": {amqpevents.Classic()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, options...)
		})
	}
}

func TestRetryAtOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		r := receive(t, o, mail, func(d transport.Delivery) transport.Verdict {
			if d.Attempt < 4 {
				return transport.Retry(0, "not yet")
			}
			return transport.Ack()
		})
		other := receive(t, o, transport.Subscription{Event: mail.Event, Key: "stock"}, ack)
		publish(t, o, event("1"))
		for attempt := 1; attempt <= 4; attempt++ {
			if d := r.next(); d.Attempt != attempt {
				t.Errorf("attempt %d is told as %d", attempt, d.Attempt)
			}
		}
		other.next()
		r.stop()
		r.nothing()
		other.nothing()
	})
}

// A handler that writes over the body changes nothing but its own.
func TestBodyIsTheHandlers(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := receive(t, o, mail, func(d transport.Delivery) transport.Verdict {
		if string(d.Body) != d.ID {
			t.Errorf("attempt %d has the body %s", d.Attempt, d.Body)
		}
		clear(d.Body)
		if d.Attempt == 1 {
			return transport.Retry(0, "again")
		}
		return transport.Reject("enough")
	})
	publish(t, o, event("1"))
	r.next()
	r.next()
	letters(t, o, mail, 1)
	ctx := within(t)
	for range 2 { // the second is the one that was replayed
		for n := 0; n == 0; {
			var err error
			if n, err = o.EachDeadLetter(ctx, mail.Event, mail.Key, func(l transport.DeadLetter) transport.Disposal {
				if string(l.Body) != "1" {
					t.Errorf("the letter has the body %s", l.Body)
				}
				clear(l.Body)
				return transport.Replay
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What waits in one tier does not hold up what waits in another, and nothing
// comes before its time.
func TestWaitsAreApart(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		waits := map[string]time.Duration{"1": time.Hour, "2": time.Second, "3": 0, "4": time.Millisecond}
		began := map[string]time.Time{}
		r := receive(t, o, mail, func(d transport.Delivery) transport.Verdict {
			if d.Attempt == 1 {
				began[d.ID] = time.Now()
				return transport.Retry(waits[d.ID], "not yet")
			}
			if waited := time.Since(began[d.ID]); waited < waits[d.ID] {
				t.Errorf("%s came after %v, asked for was %v", d.ID, waited, waits[d.ID])
			}
			return transport.Ack()
		})
		publish(t, o, event("1"), event("2"), event("3"), event("4"))
		var again []string
		for range 4 + 3 {
			if d := r.next(); d.Attempt == 2 {
				again = append(again, d.ID)
			}
		}
		slices.Sort(again)
		if want := []string{"2", "3", "4"}; !slices.Equal(again, want) {
			t.Errorf("came again: %v, want %v", again, want)
		}
	})
}

// What can't be kept for a retry is held, and comes by no further attempt until it
// is.
func TestHeldUntilKept(t *testing.T) {
	t.Parallel()
	o := open(t)
	ch := raw(t, o.space.url)
	full, witness := o.space.prefix+".full", o.space.prefix+".witness"
	for queue, arguments := range map[string]amqp091.Table{full: {"x-max-length": 0, "x-overflow": "reject-publish"}, witness: nil} {
		if _, err := ch.QueueDeclare(queue, false, false, true, false, arguments); err != nil {
			t.Fatal(err)
		}
		if err := ch.QueueBind(queue, "", o.space.prefix+".wait", false, amqp091.Table{"x-match": "all", "rollcall-wait": "125ms"}); err != nil {
			t.Fatal(err)
		}
	}
	tries, err := ch.ConsumeWithContext(within(t), witness, "", true, true, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := receive(t, o, mail, func(transport.Delivery) transport.Verdict { return transport.Retry(time.Millisecond, "again") })
	publish(t, o, event("1"))
	r.next()
	for range 3 {
		if attempt := (<-tries).Headers["rollcall-attempt"]; attempt != int64(2) {
			t.Errorf("it is kept for attempt %v", attempt)
		}
	}
	r.nothing()
	r.stop()
	for ctx := within(t); left(t, o.space) != 1; pause(ctx) { // the broker has it back some time after
		if ctx.Err() != nil {
			t.Fatal("the message that was held is not there at the end")
		}
	}
	for _, queue := range []string{witness, full} {
		if _, err := ch.QueueDelete(queue, false, false, false); err != nil {
			t.Fatal(err)
		}
	}
	r = receive(t, o, mail, ack)
	if d := r.next(); d.Attempt != 2 {
		t.Errorf("it comes again by attempt %d", d.Attempt)
	}
}

// The message of a handler that ends its goroutine comes again, as often as that of
// any other, and the subscription goes on.
func TestHandlerEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		for _, limit := range []int{1, 3} {
			o := open(t, options...)
			s := mail
			s.MaxInFlight, s.MaxAttempts = limit, 2
			r := receive(t, o, s, func(d transport.Delivery) transport.Verdict {
				if d.ID != "last" {
					runtime.Goexit()
				}
				return transport.Ack()
			})
			publish(t, o, event("1"), event("2"))
			var got []string
			for range 4 {
				d := r.next()
				got = append(got, fmt.Sprint(d.ID, "/", d.Attempt))
			}
			slices.Sort(got)
			if want := []string{"1/1", "1/2", "2/1", "2/2"}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			for _, l := range letters(t, o, s, 2) {
				if want := "given up after 2 attempts: the handler ended its goroutine"; l.Reason != want || l.Attempt != 2 {
					t.Errorf("got the letter %+v, want %s", l, want)
				}
			}
			publish(t, o, event("last"))
			r.next()
			r.stop()
			if n := left(t, o.space); n != 0 {
				t.Errorf("%d messages are left", n)
			}
		}
	})
}

// A verdict that is given after the end is followed, too.
func TestRetryAtTheEnd(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		if err := o.Declare(within(t), mail); err != nil {
			t.Fatal(err)
		}
		publish(t, o, event("1"))
		ctx, stop := context.WithCancel(within(t))
		if err := o.Subscribe(ctx, mail, func(context.Context, transport.Delivery) transport.Verdict {
			stop()
			return transport.Retry(time.Minute, "later")
		}); err != nil {
			t.Fatal(err)
		}
		d, found, err := raw(t, o.space.url).Get(o.space.prefix+".wait.1m4s", true)
		if err != nil || !found || d.Headers["rollcall-attempt"] != int64(2) {
			t.Errorf("there waits: %v, with headers %v: %v", found, d.Headers, err)
		}
		if n := left(t, o.space); n != 0 {
			t.Errorf("%d messages are given back", n)
		}
	})
}

// A wait longer than the longest tier goes on when the message comes back.
func TestRestOfWait(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := receive(t, o, mail, ack)
	const rest = 200 * time.Millisecond
	began := time.Now()
	err := raw(t, o.space.url).PublishWithContext(t.Context(), o.space.prefix+".back", "order.placed/mail", true, false, amqp091.Publishing{
		Headers: amqp091.Table{"ce-id": "1", "ce-type": mail.Event, "ce-source": "/x", "ce-specversion": "1.0", "rollcall-attempt": int64(3), "rollcall-remaining": int64(rest)},
	})
	if err != nil {
		t.Fatal(err)
	}
	d := r.next()
	if waited := time.Since(began); waited < rest || d.Attempt != 3 || len(d.Headers) > 0 {
		t.Errorf("after %v came attempt %d with headers %v", waited, d.Attempt, d.Headers)
	}
}

// However many handlers may run, there are no more than messages.
func TestAnyNumberInFlight(t *testing.T) {
	t.Parallel()
	o := open(t)
	s := mail
	s.MaxInFlight = math.MaxInt
	const n = 10
	var all sync.WaitGroup
	all.Add(n)
	receive(t, o, s, func(transport.Delivery) transport.Verdict {
		all.Done()
		all.Wait()
		return transport.Ack()
	})
	for i := range n {
		publish(t, o, event(fmt.Sprint(i)))
	}
	all.Wait()
}

func TestTemporaryReceiverRetries(t *testing.T) {
	t.Parallel()
	o := open(t)
	s := transport.Subscription{Event: mail.Event}
	r := receive(t, o, s, func(d transport.Delivery) transport.Verdict {
		switch d.Attempt {
		case 1:
			return transport.Retry(0, "not yet")
		case 2:
			return transport.Retry(time.Millisecond, "not yet")
		}
		return transport.Reject("no")
	})
	for o.Publish(within(t), event("1")) != nil { // until it is there
	}
	for attempt := 1; attempt <= 3; attempt++ {
		if d := r.next(); d.Attempt != attempt || d.Key != "" {
			t.Errorf("attempt %d is told as %d, by the key %q", attempt, d.Attempt, d.Key)
		}
	}
	if l := letters(t, o, s, 1)[0]; l.Reason != "no" || l.Attempt != 3 || l.Key != "" {
		t.Errorf("got the letter %+v", l)
	}
}

// What comes back for receivers that are no more makes room, however much it is:
// else the broker would bring back nothing else at last. One that never was is the
// same to the broker; and a queue that is deleted while messages come back to it
// may hold up its tier for minutes.
func TestGoneReceiversHoldUpNobody(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := receive(t, o, mail, secondTime)
	publish(t, o, event("first")) // makes the tier
	r.next()
	r.next()
	ch := raw(t, o.space.url)
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		confirmation, err := ch.PublishWithDeferredConfirm(o.space.prefix+".wait", "order.gone/gone", true, false, amqp091.Publishing{
			DeliveryMode: amqp091.Persistent, MessageId: fmt.Sprint(n), Headers: amqp091.Table{"rollcall-wait": "1s"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !confirmation.Wait() {
			t.Fatal("the broker did not take it")
		}
	}
	publish(t, o, event("last"))
	r.next()
	if d := r.next(); d.ID != "last" || d.Attempt != 2 {
		t.Errorf("got %s, attempt %d", d.ID, d.Attempt)
	}
	if q, err := ch.QueueDeclarePassive(o.space.prefix+".wait.1s", true, false, false, false, nil); err != nil || q.Messages > 0 {
		t.Errorf("%d still wait: %v", q.Messages, err)
	}
}

func TestQueueDeletedUnderConsumer(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		r := receive(t, o, mail, ack)
		publish(t, o, event("1"))
		r.next()
		if _, err := raw(t, o.space.url).QueueDelete(o.space.queue(mail), false, false, false); err != nil {
			t.Fatal(err)
		}
		ctx := within(t)
		for err := error(nil); ; {
			if err = o.Publish(ctx, event("2")); err == nil {
				break
			}
			var unroutable *transport.UnroutableError
			if !errors.As(err, &unroutable) {
				t.Fatal(err)
			}
		}
		if d := r.next(); d.ID != "2" {
			t.Errorf("got %s", d.ID)
		}
	})
}

// A queue, or an exchange, that somebody else made otherwise.
func TestConflict(t *testing.T) {
	t.Parallel()
	x := newSpace(t)
	p := newProxy(t, nil)
	o := x.open(t, p.url())
	ch := raw(t, x.url)
	other := transport.Subscription{Event: "order.taken", Key: "mail"}
	if _, err := ch.QueueDeclare(x.queue(other), true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	handler := func(context.Context, transport.Delivery) transport.Verdict { return transport.Ack() }
	for name, err := range map[string]error{"declare": o.Declare(within(t), other), "subscribe": o.Subscribe(within(t), other, handler)} {
		var conflict *amqpevents.ConflictError
		if !errors.As(err, &conflict) || conflict.Name != x.queue(other) || conflict.Kind != "queue" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := "there is a queue " + x.queue(other) + " already, with other arguments: delete it if nobody needs it, use another prefix, or "
		if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
	r := receive(t, o, mail, ack)
	publish(t, o, event("1"))
	r.next()
	if n := p.connections(); n != 2 {
		t.Errorf("there were %d connections", n)
	}
	taken := newSpace(t)
	if err := ch.ExchangeDeclare(taken.prefix+".events", "fanout", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	in := connecting(t, taken.url, amqpevents.Prefix(taken.prefix))
	for name, err := range map[string]error{
		"await": in.AwaitConnection(within(t)), "publish": in.Publish(within(t), event("1")), "declare": in.Declare(within(t), mail),
		"subscribe": in.Subscribe(within(t), mail, handler),
	} {
		var conflict *amqpevents.ConflictError
		if !errors.As(err, &conflict) || conflict.Kind != "exchange" || conflict.Name != taken.prefix+".events" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A tier that somebody else made otherwise can't hold a message: it becomes a
// dead letter that tells why.
func TestConflictingTier(t *testing.T) {
	t.Parallel()
	log := newRecords()
	o := open(t, log.option())
	if _, err := raw(t, o.space.url).QueueDeclare(o.space.prefix+".wait.250ms", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	receive(t, o, mail, func(transport.Delivery) transport.Verdict { return transport.Retry(200*time.Millisecond, "later") })
	publish(t, o, event("1"))
	if l := letters(t, o, mail, 1)[0]; !strings.Contains(l.Reason, "there is a queue "+o.space.prefix+".wait.250ms already") || l.ID != "1" {
		t.Errorf("got the letter %+v", l)
	}
	log.next(t, "level=ERROR", "event becomes a dead letter", "event=order.placed key=mail id=1 attempt=1", "there is a queue ")
}

// The end of a subscription gives back what nobody has begun, in its order.
func TestGivenBack(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		if err := o.Declare(within(t), mail); err != nil {
			t.Fatal(err)
		}
		for n := range 20 {
			publish(t, o, event(fmt.Sprint(n)))
		}
		var handled []string
		for round := 1; round <= 5; round++ {
			ctx, stop := context.WithCancel(within(t))
			err := o.Subscribe(ctx, mail, func(_ context.Context, d transport.Delivery) transport.Verdict {
				if handled = append(handled, d.ID); len(handled) == 3*round {
					stop()
				}
				return transport.Ack()
			})
			if err != nil || len(handled) != 3*round {
				t.Fatalf("handled were %v by the end of round %d: %v", handled, round, err)
			}
		}
		r := receive(t, o, mail, ack)
		for len(handled) < 20 {
			handled = append(handled, r.next().ID)
		}
		for n, id := range handled {
			if id != fmt.Sprint(n) {
				t.Fatalf("came in the order %v", handled)
			}
		}
	})
}
