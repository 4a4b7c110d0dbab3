package transporttest

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// patience is how long anything may take before a promise counts as broken.
const patience = 30 * time.Second

// grace is how long a test waits to see that something does not happen.
const grace = 200 * time.Millisecond

// trial is a transport under test, with an event of its own.
type trial struct {
	*testing.T
	transport.Transport
	event string
	ctx   context.Context
	kept  map[string]bool // keys that messages are kept for; only used if the transport can't declare keys
}

func newTrial(t *testing.T, transport transport.Transport) *trial {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return &trial{T: t, Transport: transport, event: newEvent(), ctx: ctx, kept: map[string]bool{}}
}

func newEvent() string { return "kit." + strings.ToLower(rand.Text()) }

// message returns the nth message of the trial's event.
func (x *trial) message(n int) transport.Message {
	return transport.Message{ID: fmt.Sprint(x.event, "-", n), Event: x.event, ContentType: "text/plain", Body: fmt.Append(nil, n)}
}

func (x *trial) publish(ms ...transport.Message) {
	x.Helper()
	for _, m := range ms {
		if err := x.Publish(x.ctx, m); err != nil {
			x.Fatalf("publishing %s: %v", m.ID, err)
		}
	}
}

// numbered returns the messages whose numbers are in [from, to).
func (x *trial) numbered(from, to int) []transport.Message {
	var list []transport.Message
	for n := from; n < to; n++ {
		list = append(list, x.message(n))
	}
	return list
}

// receiver is a running subscription.
type receiver struct {
	x    *trial
	got  chan transport.Delivery
	end  func() // ends the subscription without waiting
	stop func() // ends the subscription and waits for its end

	once sync.Once
}

// receive subscribes with a handler that calls decide and then passes the delivery to
// got. It returns once messages are kept for the receiver.
func (x *trial) receive(s transport.Subscription, decide func(transport.Delivery) transport.Verdict) *receiver {
	x.Helper()
	return x.receiveBy(s, func(_ context.Context, d transport.Delivery) transport.Verdict { return decide(d) })
}

func (x *trial) receiveBy(s transport.Subscription, h transport.Handler) *receiver {
	x.Helper()
	s.Event = x.event
	x.declare(s)
	ctx, cancel := context.WithCancel(x.ctx)
	r := &receiver{x: x, end: cancel, got: make(chan transport.Delivery, 10_000)}
	ended := make(chan error, 1)
	probed := make(chan struct{}, 10_000)
	go func() {
		ended <- x.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
			if d.ContentType == "probe" && s.Key != "" {
				probed <- struct{}{}
				return transport.Ack()
			}
			v := h(ctx, d)
			r.got <- d
			return v
		})
	}()
	r.stop = func() {
		r.once.Do(func() {
			cancel()
			select {
			case err := <-ended:
				if err != nil {
					x.Errorf("the subscription ended with %v", err)
				}
			case <-time.After(patience):
				x.Errorf("the subscription did not end")
			}
		})
	}
	x.Cleanup(r.stop)
	if s.Key == "" {
		x.waitForTemporary(r)
	} else {
		x.waitForKey(s.Key, probed)
	}
	return r
}

// declare makes the transport keep messages from now on, if it can.
func (x *trial) declare(s transport.Subscription) {
	x.Helper()
	if d, ok := x.Transport.(transport.Declarer); ok && s.Key != "" {
		if err := d.Declare(x.ctx, s); err != nil {
			x.Fatalf("declaring: %v", err)
		}
	}
}

// waitForKey publishes probes until a receiver of the key gets one. It does nothing if
// the key was declared or already has a receiver.
func (x *trial) waitForKey(key string, probed <-chan struct{}) {
	x.Helper()
	if _, ok := x.Transport.(transport.Declarer); ok || x.kept[key] {
		return
	}
	for n := 0; !x.kept[key]; n++ {
		_ = x.Publish(x.ctx, x.probe(key, n)) // fails if there is no receiver yet
		select {
		case <-probed:
			x.kept[key] = true
		case <-time.After(20 * time.Millisecond):
		case <-x.ctx.Done():
			x.Fatal("the receiver never came")
		}
	}
}

// probe returns a message that shows whether a receiver is there.
func (x *trial) probe(key string, n int) transport.Message {
	return transport.Message{ID: fmt.Sprint(x.event, "-probe-", key, "-", n), Event: x.event, Key: key, ContentType: "probe"}
}

// waitForTemporary publishes probes until the receiver gets one.
func (x *trial) waitForTemporary(r *receiver) {
	x.Helper()
	for n := 0; ; n++ {
		_ = x.Publish(x.ctx, x.probe("", n)) // fails if there is no receiver yet
		select {
		case d := <-r.got:
			if d.ContentType != "probe" {
				x.Fatalf("got %s", d.ID)
			}
			r.drainProbes(n)
			return
		case <-time.After(20 * time.Millisecond):
		case <-x.ctx.Done():
			x.Fatal("the temporary receiver never came")
		}
	}
}

// drainProbes takes the probes that are still on their way. It publishes a fence, which
// arrives after the last probe.
func (r *receiver) drainProbes(last int) {
	r.x.Helper()
	fence := transport.Message{ID: fmt.Sprint(r.x.event, "-fence-", last), Event: r.x.event, ContentType: "fence"}
	r.x.publish(fence)
	for {
		switch d := r.next(); d.ContentType {
		case "fence":
			return
		case "probe":
		default:
			r.x.Fatalf("got %s, which was published before it was there", d.ID)
		}
	}
}

// await waits for a signal from the handler.
func (r *receiver) await(what <-chan struct{}) {
	r.x.Helper()
	select {
	case <-what:
	case <-r.x.ctx.Done():
		r.x.Fatal("waited for a handler that did not begin")
	}
}

// meeting returns a function for handlers. It blocks until as many handlers as there are
// members have called it, or until the trial is over.
func (x *trial) meeting(members int32) func() {
	var missing atomic.Int32
	missing.Store(members)
	complete := make(chan struct{})
	return func() {
		if missing.Add(-1) == 0 {
			close(complete)
		}
		select {
		case <-complete:
		case <-x.ctx.Done():
		}
	}
}

// next returns the next delivery.
func (r *receiver) next() transport.Delivery {
	r.x.Helper()
	select {
	case d := <-r.got:
		return d
	case <-r.x.ctx.Done():
		r.x.Fatal("waited for a message that did not come")
	}
	return transport.Delivery{}
}

// bodies returns the bodies of the next n deliveries.
func (r *receiver) bodies(n int) []string {
	r.x.Helper()
	var list []string
	for range n {
		list = append(list, string(r.next().Body))
	}
	return list
}

// nothing fails the test if a further delivery has come or comes. Call it when all
// expected deliveries have been taken.
func (r *receiver) nothing() {
	r.x.Helper()
	select {
	case d := <-r.got:
		r.x.Errorf("got %q, attempt %d, which should not have come", d.Body, d.Attempt)
	case <-time.After(grace):
	}
}

func ack(transport.Delivery) transport.Verdict { return transport.Ack() }

// letters waits until the receiver has at least n dead letters, and returns all of them.
func (x *trial) letters(key string, n int) []transport.DeadLetter {
	x.Helper()
	d, ok := x.Transport.(transport.DeadLetters)
	if !ok {
		x.Skip("it is not a transport.DeadLetters")
	}
	for {
		var all []transport.DeadLetter
		if _, err := d.EachDeadLetter(x.ctx, x.event, key, func(l transport.DeadLetter) transport.Disposal {
			all = append(all, l)
			return transport.Keep
		}); err != nil {
			x.Fatalf("dead letters: %v", err)
		}
		if len(all) >= n {
			return all
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-x.ctx.Done():
			x.Fatalf("waited for %d dead letters, there are %d", n, len(all))
		}
	}
}
