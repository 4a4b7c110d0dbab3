//go:build unix

package amqpevents_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-go/rollcall/transport"
)

// closedByTimeout is in the record that the broker closed a receiver's channel.
var closedByTimeout = []string{"level=WARN", "the broker closed the channel of a receiver", "event=order.slow key=mail", "setting=consumer_timeout", "next="}

// A handler that takes longer than the broker's consumer_timeout is called once, and its
// event is done when it succeeds. If it fails, each call counts as one attempt.
func checkConsumerTimeout(t *testing.T, n *node) {
	n.control(t, "eval", "application:set_env(rabbit, consumer_timeout, 1000), application:set_env(rabbit, channel_tick_interval, 200).")
	defer n.control(t, "eval", "application:set_env(rabbit, consumer_timeout, 1800000), application:set_env(rabbit, channel_tick_interval, 60000).")
	for _, inFlight := range []int{1, 4} {
		if whole || inFlight == 1 {
			t.Run(fmt.Sprint("success, in flight ", inFlight), func(t *testing.T) { checkSlowSuccess(t, n, inFlight) })
		}
		if whole || inFlight == 4 {
			t.Run(fmt.Sprint("failure, in flight ", inFlight), func(t *testing.T) { checkSlowFailure(t, n, inFlight) })
		}
	}
}

func slow(inFlight int) transport.Subscription {
	return transport.Subscription{Event: "order.slow", Key: "mail", MaxInFlight: inFlight, MaxAttempts: 3}
}

func checkSlowSuccess(t *testing.T, n *node, inFlight int) {
	log := newRecords()
	o := n.open(t, log.option())
	calls, ended := 0, make(chan struct{}, 10)
	s := slow(inFlight)
	r := receive(t, o, s, func(d transport.Delivery) transport.Verdict {
		if d.ID == "slow" {
			defer func() { ended <- struct{}{} }()
			calls++ // one at a time
			for range s.MaxAttempts + 1 {
				log.next(t, closedByTimeout...)
			}
		}
		return transport.Ack()
	})
	publish(t, o, transport.Message{ID: "slow", Event: s.Event})
	r.next()
	<-ended // so that only one of them takes records
	log.next(t, "level=WARN", "an event was handled, but the broker no longer waited", "event=order.slow", "key=mail", "id=slow", "setting=consumer_timeout")
	publish(t, o, transport.Message{ID: "next", Event: s.Event})
	r.next()
	r.stop()
	if calls != 1 {
		t.Errorf("the handler was called %d times", calls)
	}
	conn := raw(t, n.url())
	for queue, what := range map[string]string{o.space.queue(s): "messages", o.space.queue(s) + "/dead": "dead letters"} {
		if q, err := conn.QueueDeclarePassive(queue, true, false, false, false, nil); q.Messages != 0 || err != nil {
			t.Errorf("%d %s are left: %v", q.Messages, what, err)
		}
	}
	log.none(t, "level=ERROR")
}

func checkSlowFailure(t *testing.T, n *node, inFlight int) {
	log := newRecords()
	o := n.open(t, log.option())
	ended := make(chan struct{}, 10)
	s := slow(inFlight)
	r := receive(t, o, s, func(transport.Delivery) transport.Verdict {
		defer func() { ended <- struct{}{} }()
		log.next(t, closedByTimeout...)
		log.next(t, closedByTimeout...) // of a redelivery that waits for this handler
		return transport.Retry(0, "later")
	})
	publish(t, o, transport.Message{ID: "slow", Event: s.Event})
	for attempt := 1; attempt <= s.MaxAttempts; attempt++ {
		if d := r.next(); d.Attempt != attempt {
			t.Errorf("attempt %d is told as %d", attempt, d.Attempt)
		}
		<-ended
	}
	log.next(t, "level=ERROR", `msg="event becomes a dead letter" event=order.slow key=mail id=slow attempt=3 reason="given up after 3 attempts`)
	l := letters(t, o, s, 1)[0]
	if l.Attempt != s.MaxAttempts || l.Reason != "given up after 3 attempts: no receiver has settled the last one" {
		t.Errorf("got the letter %+v", l)
	}
	r.stop()
	r.nothing()
	if _, err := o.EachDeadLetter(within(t), s.Event, s.Key, func(transport.DeadLetter) transport.Disposal { return transport.Discard }); err != nil {
		t.Error(err)
	}
}
