package amqpevents_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// bury makes n dead letters of a receiver.
func bury(t *testing.T, o *opened, s transport.Subscription, n int) {
	t.Helper()
	r := receive(t, o, s, func(d transport.Delivery) transport.Verdict { return transport.Reject("no " + d.ID) })
	for i := range n {
		publish(t, o, event(fmt.Sprint(i)))
	}
	for range n {
		r.next()
	}
	r.stop()
}

func ids(list []transport.DeadLetter) (all []string) {
	for _, l := range list {
		all = append(all, l.ID)
	}
	return all
}

func TestKeptLettersStayInOrder(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		const n = 50
		o := open(t, options...)
		began := time.Now()
		bury(t, o, mail, n)
		var want []string
		for i := range n {
			want = append(want, fmt.Sprint(i))
		}
		for range 3 {
			list := letters(t, o, mail, n)
			if got := ids(list); !slices.Equal(got, want) {
				t.Fatalf("got %v", got)
			}
			if l := list[7]; l.Reason != "no 7" || l.At.Before(began) || l.At.After(time.Now()) {
				t.Errorf("got the letter %+v", l)
			}
		}
		// In between, some go.
		if _, err := o.EachDeadLetter(within(t), mail.Event, mail.Key, func(l transport.DeadLetter) transport.Disposal {
			if l.ID == "10" || l.ID == "49" {
				return transport.Discard
			}
			return transport.Keep
		}); err != nil {
			t.Fatal(err)
		}
		want = slices.DeleteFunc(want, func(id string) bool { return id == "10" || id == "49" })
		if got := ids(letters(t, o, mail, n-2)); !slices.Equal(got, want) {
			t.Errorf("left are %v", got)
		}
	})
}

// The end of the context ends a look; what was not disposed of is still there.
func TestLookEndsWithContext(t *testing.T) {
	t.Parallel()
	o := open(t)
	bury(t, o, mail, 3)
	letters(t, o, mail, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, err := o.EachDeadLetter(ctx, mail.Event, mail.Key, func(transport.DeadLetter) transport.Disposal {
		cancel()
		return transport.Discard
	})
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("shown were %d: %v", n, err)
	}
	if got := ids(letters(t, o, mail, 2)); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("left are %v", got)
	}
}

// A look that ends early leaves all letters to the next one, which may begin at once.
func TestLookAfterOneThatEndedEarly(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		bury(t, o, mail, 3)
		letters(t, o, mail, 3)
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			_, _ = o.EachDeadLetter(ctx, mail.Event, mail.Key, func(transport.DeadLetter) transport.Disposal {
				cancel()
				return transport.Keep
			})
			n, err := o.EachDeadLetter(within(t), mail.Event, mail.Key, func(transport.DeadLetter) transport.Disposal { return transport.Keep })
			if n != 3 || err != nil {
				t.Fatalf("the next look shows %d letters: %v", n, err)
			}
		}
	})
}

// A look ends when the broker does not say that it has back what was kept, which
// it is not asked again.
func TestLookWithoutAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for an answer that does not come")
	}
	t.Parallel()
	x, p := newSpace(t), newProxy(t, nil)
	o, beside := x.open(t, p.url()), x.open(t, x.url)
	const n = 40
	bury(t, o, mail, n)
	letters(t, o, mail, n)
	shown, err := o.EachDeadLetter(within(t), mail.Event, mail.Key, func(l transport.DeadLetter) transport.Disposal {
		p.withhold(declaring(x.queue(mail)+"/dead"), n)
		return transport.Keep
	})
	if shown != n || err != nil {
		t.Errorf("shown were %d: %v", shown, err)
	}
	o.Close()
	letters(t, beside, mail, n)
	if asked := p.countedCalls(); asked != 1 {
		t.Errorf("the broker was asked %d times", asked)
	}
}

// A letter that nobody would get stays.
func TestReplayToNobody(t *testing.T) {
	t.Parallel()
	o := open(t)
	bury(t, o, mail, 1)
	letters(t, o, mail, 1)
	if _, err := raw(t, o.space.url).QueueDelete(o.space.queue(mail), false, false, false); err != nil {
		t.Fatal(err)
	}
	var unroutable *transport.UnroutableError
	n, err := o.EachDeadLetter(within(t), mail.Event, mail.Key, replay)
	if n != 1 || !errors.As(err, &unroutable) || unroutable.Key != "mail" {
		t.Errorf("shown were %d: %v", n, err)
	}
	if got := ids(letters(t, o, mail, 1)); !slices.Equal(got, []string{"0"}) {
		t.Errorf("left are %v", got)
	}
}

// Nobody can be told from other temporary receivers, so their letters stay.
func TestReplayToTemporaryReceiver(t *testing.T) {
	t.Parallel()
	o := open(t)
	s := transport.Subscription{Event: mail.Event}
	receive(t, o, s, func(transport.Delivery) transport.Verdict { return transport.Reject("no") })
	for ctx := within(t); o.Publish(ctx, event("1")) != nil; pause(ctx) { // until it is there
		if ctx.Err() != nil {
			t.Fatal("the receiver is not there")
		}
	}
	letters(t, o, s, 1)
	var unroutable *transport.UnroutableError
	n, err := o.EachDeadLetter(within(t), s.Event, "", replay)
	if n != 1 || !errors.As(err, &unroutable) || *unroutable != (transport.UnroutableError{Event: s.Event}) {
		t.Errorf("shown were %d: %v", n, err)
	}
	want := "a dead letter of a temporary receiver of event order.placed can't be replayed, because the receiver has no key: keep it or discard it"
	if fmt.Sprint(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := ids(letters(t, o, s, 1)); !slices.Equal(got, []string{"1"}) {
		t.Errorf("left are %v", got)
	}
}

func TestNoDeadLetters(t *testing.T) {
	t.Parallel()
	o := open(t)
	for _, key := range []string{"mail", ""} {
		if n, err := o.EachDeadLetter(within(t), mail.Event, key, replay); n != 0 || err != nil {
			t.Errorf("of the key %q: %d, %v", key, n, err)
		}
	}
	var problem *transport.SubscriptionError
	if _, err := o.EachDeadLetter(within(t), "a b", "mail", replay); !errors.As(err, &problem) {
		t.Errorf("got %v", err)
	}
}

// What the broker itself drops is a dead letter, too, and can be replayed.
func TestDroppedByBroker(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		if err := o.Declare(within(t), mail); err != nil {
			t.Fatal(err)
		}
		publish(t, o, event("1"))
		d, found, err := raw(t, o.space.url).Get(o.space.queue(mail), false)
		if err != nil || !found {
			t.Fatalf("found: %v, %v", found, err)
		}
		if err := d.Reject(false); err != nil {
			t.Fatal(err)
		}
		if l := letters(t, o, mail, 1)[0]; l.Reason != "dropped by the broker: rejected" || l.ID != "1" || l.Attempt != 1 || l.At.IsZero() || len(l.Headers) > 0 {
			t.Errorf("got the letter %+v", l)
		}
		if n, err := o.EachDeadLetter(within(t), mail.Event, mail.Key, replay); n != 1 || err != nil {
			t.Fatalf("shown were %d: %v", n, err)
		}
		r := receive(t, o, mail, ack)
		if d := r.next(); d.ID != "1" || d.Attempt != 1 || len(d.Headers) > 0 {
			t.Errorf("got %+v", d)
		}
	})
}

// A queue of dead letters that somebody has deleted is made again.
func TestDeletedDeadLetterQueue(t *testing.T) {
	t.Parallel()
	o := open(t)
	if err := o.Declare(within(t), mail); err != nil {
		t.Fatal(err)
	}
	r := receive(t, o, mail, func(transport.Delivery) transport.Verdict { return transport.Reject("no") })
	publish(t, o, event("1"))
	r.next()
	letters(t, o, mail, 1)
	if _, err := raw(t, o.space.url).QueueDelete(o.space.queue(mail)+"/dead", false, false, false); err != nil {
		t.Fatal(err)
	}
	publish(t, o, event("2"))
	if got := ids(letters(t, o, mail, 1)); !slices.Equal(got, []string{"2"}) {
		t.Errorf("got %v", got)
	}
}

// While a queue of dead letters has other arguments, as somebody has made it anew,
// nothing is lost that should be there: it is held until the queue can be made.
func TestConflictingDeadLetterQueue(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		x := newSpace(t)
		p := newProxy(t, nil)
		o := x.open(t, p.url(), options...)
		r := receive(t, o, mail, func(transport.Delivery) transport.Verdict { return transport.Reject("no") })
		publish(t, o, event("1"))
		r.next()
		letters(t, o, mail, 1)
		ch, dead := raw(t, x.url), x.queue(mail)+"/dead"
		if _, err := ch.QueueDelete(dead, false, false, false); err != nil {
			t.Fatal(err)
		}
		if _, err := ch.QueueDeclare(dead, true, false, false, false, amqp091.Table{"x-max-length": 1000}); err != nil {
			t.Fatal(err)
		}
		p.count(declaring(dead))
		publish(t, o, event("2"))
		for ctx := within(t); p.countedCalls() < 4; pause(ctx) { // each try needs three at most
			if ctx.Err() != nil {
				t.Fatalf("there were %d tries to make the queue", p.countedCalls())
			}
		}
		if _, err := ch.QueueDelete(dead, false, false, false); err != nil {
			t.Fatal(err)
		}
		if got := ids(letters(t, o, mail, 1)); !slices.Equal(got, []string{"2"}) {
			t.Errorf("got %v", got)
		}
	})
}
