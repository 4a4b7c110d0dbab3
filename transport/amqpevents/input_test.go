package amqpevents_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

// garbage publishes without a transport, for the event of most tests.
func garbage(t *testing.T, o *opened, m amqp091.Publishing) {
	t.Helper()
	ch := raw(t, o.space.url)
	if err := ch.Confirm(false); err != nil {
		t.Fatal(err)
	}
	confirmation, err := ch.PublishWithDeferredConfirm(o.space.prefix+".events", mail.Event, true, false, m)
	if err != nil {
		t.Fatal(err)
	}
	if !confirmation.Wait() {
		t.Fatal("the broker did not take it")
	}
}

// attributes are the headers of an event, as another program may write them.
func attributes(further amqp091.Table) amqp091.Table {
	headers := amqp091.Table{"cloudEvents:id": int64(7), "cloudEvents:type": []byte("order.placed"), "cloudEvents_source": "/x", "CE-SpecVersion": "1.0"}
	maps.Copy(headers, further)
	return headers
}

func TestGarbageBecomesDeadLetters(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := receive(t, o, mail, ack)
	garbage(t, o, amqp091.Publishing{})
	garbage(t, o, amqp091.Publishing{ContentType: "image/\xff", Body: []byte("\x00\xff\xfe"), MessageId: "\xff", Headers: amqp091.Table{
		"ce-id": amqp091.Table{"a": []any{nil, "b\xff"}}, "\xff": "\xff", "": "", "ce-": int8(1), "ce-type": true, "rollcall-attempt": "x", "x-death": "y",
	}})
	garbage(t, o, amqp091.Publishing{Headers: attributes(amqp091.Table{"CE-SpecVersion": "0.3"})})
	publish(t, o, event("good"))
	if d := r.next(); d.ID != "good" {
		t.Errorf("got %s", d.ID)
	}
	for n, l := range letters(t, o, mail, 3) {
		want := []string{"it is not a CloudEvent: the attribute specversion is missing", "it is not a CloudEvent: ", "it is a CloudEvent of version 0.3, not 1.0"}[n]
		if !strings.HasPrefix(l.Reason, want) || l.Event != mail.Event || l.Key != "mail" || l.Attempt != 1 || l.At.IsZero() {
			t.Errorf("got the letter %+v, want %s", l, want)
		}
	}
	r.nothing()
}

// A message that the client can't read costs the connection each time. That is logged,
// and everything goes on when the message is removed.
func TestUnreadableMessage(t *testing.T) {
	t.Parallel()
	log := newRecords()
	o := open(t, log.option())
	r := receive(t, o, mail, ack)
	var deep any
	for range 40 {
		deep = amqp091.Table{"a": deep}
	}
	garbage(t, o, amqp091.Publishing{Headers: amqp091.Table{"deep": deep}})
	log.next(t, "level=ERROR", "the client can't read a message", "broker="+address, "purpose=consuming", "reason=", "next=")
	ch, ctx := raw(t, o.space.url), within(t)
	for n := 0; n == 0 && ctx.Err() == nil; pause(ctx) { // it is in the queue between two deliveries
		n, _ = ch.QueuePurge(o.space.queue(mail), false)
	}
	publish(t, o, event("1"))
	if d := r.next(); d.ID != "1" {
		t.Errorf("got %s", d.ID)
	}
}

// Another program's event comes with its headers as text, and again as it was.
func TestForeignEvents(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := receive(t, o, mail, func(d transport.Delivery) transport.Verdict {
		if d.Attempt < 3 {
			return transport.Retry(time.Duration(d.Attempt-1)*200*time.Millisecond, "again") // at once, then later
		}
		return transport.Reject("enough")
	})
	stock := transport.Subscription{Event: mail.Event, Key: "stock"}
	other := receive(t, o, stock, ack)
	garbage(t, o, amqp091.Publishing{
		// These must neither lead a retry elsewhere, nor end its wait, nor have it refused.
		UserId: "guest", Expiration: "100000",
		ContentType: "application/json", CorrelationId: "c", Body: []byte("{}"),
		Headers: attributes(amqp091.Table{
			"CC": []any{"order.placed/stock"}, "n": int32(5), "at": time.Unix(0, 0), "deep": amqp091.Table{"a": []any{int64(1)}}, "bytes": []byte("\xff"),
			"x-death": "", "rollcall-attempt": int64(9), "rollcall-remaining": int64(time.Hour), "rollcall-other": "x",
		}),
	})
	want := map[string]string{"n": "5", "at": "1970-01-01T00:00:00Z", "deep": `{"a":[1]}`, "bytes": "\ufffd"}
	for attempt := 1; attempt <= 3; attempt++ {
		d := r.next()
		if d.ID != "7" || d.Event != mail.Event || d.ContentType != "application/json" || d.Attempt != attempt || !maps.Equal(d.Headers, want) {
			t.Errorf("got %+v, want headers %q", d, want)
		}
	}
	if l := letters(t, o, mail, 1)[0]; l.Reason != "enough" || !maps.Equal(l.Headers, want) {
		t.Errorf("got the letter %+v", l)
	}
	other.next() // by its event; the broker delivers once, whatever CC says
	other.stop()
	other.nothing()
	d, found, err := raw(t, o.space.url).Get(o.space.queue(mail)+"/dead", true)
	if err != nil || !found || d.CorrelationId != "c" || d.Headers["n"] != int32(5) {
		t.Errorf("the letter is kept as %+v: %v", d, err)
	}
}

// A publisher's own count of deliveries is none.
func TestForeignDeliveryCount(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options ...amqpevents.Option) {
		o := open(t, options...)
		if err := o.Declare(within(t), mail); err != nil {
			t.Fatal(err)
		}
		garbage(t, o, amqp091.Publishing{Headers: attributes(amqp091.Table{"x-delivery-count": int64(100)})})
		if d := crash(t, o.space, mail, options...); d.Attempt != 1 {
			t.Errorf("attempt 1 is told as %d", d.Attempt)
		}
		if d := receive(t, o, mail, ack).next(); d.Attempt != 2 {
			t.Errorf("attempt 2 is told as %d", d.Attempt)
		}
	})
}

// An event for another receiver, which was published for all of them.
func TestForeignKey(t *testing.T) {
	t.Parallel()
	o := open(t)
	r := receive(t, o, mail, ack)
	garbage(t, o, amqp091.Publishing{Headers: attributes(amqp091.Table{"ce-rollcallkey": "stock"})})
	publish(t, o, event("1"))
	if d := r.next(); d.ID != "1" {
		t.Errorf("got %s", d.ID)
	}
}

// What has no room for our headers, the broker makes a dead letter as it is.
func TestForeignEventWithoutRoom(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"mail", ""} {
		t.Run("key "+key, func(t *testing.T) {
			o := open(t)
			s := transport.Subscription{Event: mail.Event, Key: key}
			r := receive(t, o, s, func(d transport.Delivery) transport.Verdict {
				if d.ID == "1" {
					return transport.Ack()
				}
				return transport.Retry(0, "again")
			})
			for o.Publish(within(t), event("1")) != nil { // until it is there
			}
			r.next()
			garbage(t, o, amqp091.Publishing{Headers: attributes(amqp091.Table{"x": strings.Repeat("x", 130_500)})})
			r.next()
			if l := letters(t, o, s, 1)[0]; l.Reason != "dropped by the broker: rejected" || l.ID != "7" || len(l.Headers["x"]) != 130_500 {
				t.Errorf("got the letter %s, %s", l.ID, l.Reason)
			}
			r.nothing()
		})
	}
}
