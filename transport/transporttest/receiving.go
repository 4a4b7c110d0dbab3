package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

func checkOrder(x *trial) {
	const n = 100
	r := x.receive(transport.Subscription{Key: "one"}, ack)
	x.publish(x.numbered(0, n)...)
	for i, body := range r.bodies(n) {
		if body != fmt.Sprint(i) {
			x.Fatalf("number %d came as %s", i, body)
		}
	}
}

func checkContent(x *trial) {
	r := x.receive(transport.Subscription{Key: "one"}, ack)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	want := transport.Message{
		ID: x.event + "-äß%\"", Event: x.event, ContentType: `text/plain; charset="utf-8"; of=100%25`, Body: bytes.Repeat(every, 1024),
		Source:  "/kit?of=ä b",
		Headers: map[string]string{"ce-subject": "ü \"%\"", "X-Request-ID": "a%b \"c\" ü 料理", "empty": "", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
	}
	x.publish(want)
	got := r.next()
	if got.ID != want.ID || got.Event != want.Event || got.ContentType != want.ContentType || got.Source != want.Source || got.Attempt != 1 || got.Key != "one" {
		x.Errorf("got ID %q, event %q, content type %q, source %q, attempt %d, key %q", got.ID, got.Event, got.ContentType, got.Source, got.Attempt, got.Key)
	}
	if !maps.Equal(got.Headers, want.Headers) {
		x.Errorf("got headers %q, want %q", got.Headers, want.Headers)
	}
	if !bytes.Equal(got.Body, want.Body) {
		x.Errorf("got a body of %d bytes that is another", len(got.Body))
	}
	x.publish(transport.Message{ID: x.event + "-bare", Event: x.event})
	if got := r.next(); len(got.Body) > 0 || len(got.Headers) > 0 || got.ContentType != "" {
		x.Errorf("a bare message comes as %+v", got)
	}
}

func checkCompete(x *trial) {
	const n = 40
	// Each receiver holds its first message until the other one has a message, too.
	both := x.meeting(2)
	holding := func() func(transport.Delivery) transport.Verdict {
		var first sync.Once
		return func(transport.Delivery) transport.Verdict {
			first.Do(both)
			return transport.Ack()
		}
	}
	a := x.receive(transport.Subscription{Key: "one"}, holding())
	b := x.receive(transport.Subscription{Key: "one"}, holding())
	x.publish(x.numbered(0, n)...)
	seen := map[string]int{}
	for range n {
		select {
		case d := <-a.got:
			seen[string(d.Body)]++
		case d := <-b.got:
			seen[string(d.Body)]++
		case <-x.ctx.Done():
			x.Fatalf("%d of %d messages came", len(seen), n)
		}
	}
	if len(seen) != n {
		x.Errorf("%d different messages of %d came", len(seen), n)
	}
	for _, r := range []*receiver{a, b} {
		r.stop()
		r.nothing()
	}
}

func checkFanOut(x *trial) {
	const n = 20
	a := x.receive(transport.Subscription{Key: "a"}, ack)
	b := x.receive(transport.Subscription{Key: "b"}, ack)
	x.publish(x.numbered(0, n)...)
	if got, other := a.bodies(n), b.bodies(n); !slices.Equal(got, other) {
		x.Errorf("one got %v, the other %v", got, other)
	}
}

func checkTemporary(x *trial) {
	fixed := x.receive(transport.Subscription{Key: "fixed"}, ack)
	a := x.receive(transport.Subscription{}, ack)
	b := x.receive(transport.Subscription{}, ack)
	x.publish(x.message(1))
	for _, r := range []*receiver{a, b} {
		for {
			if d := r.next(); d.ContentType == "text/plain" {
				if string(d.Body) != "1" || d.Key != "" {
					x.Errorf("got %q by the key %q", d.Body, d.Key)
				}
				break
			}
		}
	}
	a.stop()
	b.stop()
	x.publish(x.message(2))
	for {
		if d := fixed.next(); string(d.Body) == "2" {
			break
		}
	}
	a.nothing()
	b.nothing()
	x.receive(transport.Subscription{}, ack) // fails if it gets an earlier message
}

func checkNobody(x *trial) {
	var unroutable *transport.UnroutableError
	if err := x.Publish(x.ctx, x.message(1)); err != nil && !errors.As(err, &unroutable) {
		x.Errorf("publishing to nobody: %v, want nil or a *transport.UnroutableError", err)
	}
	r := x.receive(transport.Subscription{Key: "one"}, ack)
	x.publish(x.message(2))
	if got := string(r.next().Body); got != "2" {
		x.Errorf("got %q first, which was published before anybody received", got)
	}
}

func checkDeclared(x *trial) {
	d, ok := x.Transport.(transport.Declarer)
	if !ok {
		x.Skip("it is not a transport.Declarer")
	}
	for range 2 { // the second call does nothing
		if err := d.Declare(x.ctx, transport.Subscription{Event: x.event, Key: "one"}); err != nil {
			x.Fatal(err)
		}
	}
	x.publish(x.numbered(0, 5)...)
	r := x.receive(transport.Subscription{Key: "one"}, ack)
	if got := r.bodies(5); !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) {
		x.Errorf("got %v", got)
	}
}

func checkTargeted(x *trial) {
	a := x.receive(transport.Subscription{Key: "a"}, ack)
	b := x.receive(transport.Subscription{Key: "b"}, ack)
	m := x.message(1)
	m.Key = "b"
	x.publish(m, x.message(2))
	if got := a.bodies(1); got[0] != "2" {
		x.Errorf("a got %v, which was for b", got)
	}
	if got := b.bodies(2); !slices.Equal(got, []string{"1", "2"}) {
		x.Errorf("b got %v", got)
	}
}

func checkInFlight(x *trial) {
	const n = 4
	all := x.meeting(n)
	var begun, running atomic.Int32
	r := x.receive(transport.Subscription{Key: "one", MaxInFlight: n}, func(transport.Delivery) transport.Verdict {
		if now := running.Add(1); now > n {
			x.Errorf("%d handlers run at once, asked for were %d", now, n)
		}
		defer running.Add(-1)
		if begun.Add(1) <= n {
			all()             // waits until n handlers run
			time.Sleep(grace) // time for one too many to start
		}
		return transport.Ack()
	})
	x.publish(x.numbered(0, 3*n)...)
	r.bodies(3 * n)
}

func checkBusy(x *trial) {
	begun, released := make(chan struct{}, 10), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	busy := x.receive(transport.Subscription{Key: "one", MaxInFlight: 1}, func(transport.Delivery) transport.Verdict {
		begun <- struct{}{}
		<-released
		return transport.Ack()
	})
	x.Cleanup(release)
	x.publish(x.message(0))
	busy.await(begun)
	x.publish(x.numbered(1, 4)...)
	time.Sleep(grace) // time to take messages that it should leave
	free := x.receive(transport.Subscription{Key: "one"}, ack)
	free.bodies(3)
	release()
	busy.bodies(1)
	busy.nothing()
}

func checkPublishing(x *trial) {
	r := x.receiveBy(transport.Subscription{Key: "one"}, func(ctx context.Context, d transport.Delivery) transport.Verdict {
		if string(d.Body) == "0" {
			if err := x.Publish(ctx, x.message(1)); err != nil {
				x.Errorf("a handler can't publish: %v", err)
			}
		}
		return transport.Ack()
	})
	x.publish(x.message(0))
	if got := r.bodies(2); !slices.Equal(got, []string{"0", "1"}) {
		x.Errorf("got %v", got)
	}
}

func checkMany(x *trial) {
	const each, publishers, receivers = 50, 8, 8
	var mu sync.Mutex
	handled := map[string]int{}
	var got []*receiver
	for range receivers {
		got = append(got, x.receive(transport.Subscription{Key: "one", MaxInFlight: 4}, func(d transport.Delivery) transport.Verdict {
			mu.Lock()
			defer mu.Unlock()
			handled[d.ID]++
			return transport.Ack()
		}))
	}
	var all sync.WaitGroup
	for p := range publishers {
		all.Go(func() {
			for _, m := range x.numbered(p*each, (p+1)*each) {
				if err := x.Publish(x.ctx, m); err != nil {
					x.Errorf("publishing %s: %v", m.ID, err)
				}
			}
		})
	}
	all.Wait()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		mu.Lock()
		n := len(handled)
		mu.Unlock()
		if n == each*publishers {
			break
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			x.Fatalf("%d of %d messages were handled", n, each*publishers)
		}
	}
	for _, r := range got {
		r.stop()
	}
}
