package transporttest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// apart is the time between the first message of checkBacklog and the others. It is longer
// than the second to which some brokers round the time of a message.
const (
	apart   = 1500 * time.Millisecond
	rounded = time.Second
)

// checkBacklog checks the backlog while nothing changes.
func checkBacklog(x *trial) {
	b, ok := x.Transport.(transport.BacklogReporter)
	if !ok {
		x.Skip("it is not a transport.BacklogReporter")
	}
	x.checkNoBacklog(b)
	r := x.receive(transport.Subscription{Key: "one"}, ack)
	r.stop()
	x.receive(transport.Subscription{Key: "other"}, ack).stop()
	x.awaitBacklog(b, "one", transport.Backlog{})
	begun := time.Now()
	x.publish(x.message(0))
	pause(x, apart)
	x.publish(x.numbered(1, 4)...)
	x.awaitBacklog(b, "one", transport.Backlog{Waiting: 4, Oldest: time.Since(begun)})

	started, finish := make(chan struct{}, 1), make(chan struct{})
	var hasBegun atomic.Bool // the first attempt may have been another one's whose connection was lost
	r = x.receive(transport.Subscription{Key: "one"}, func(d transport.Delivery) transport.Verdict {
		switch {
		case d.Attempt > 1 && (hasBegun.Load() || string(d.Body) != "0"):
			return transport.Ack()
		case string(d.Body) == "0":
			hasBegun.Store(true)
			started <- struct{}{}
			select {
			case <-finish:
			case <-x.ctx.Done():
			}
			return transport.Retry(time.Hour, "not today")
		case string(d.Body) == "1":
			return transport.Reject("not mine")
		}
		return transport.Ack()
	})
	r.await(started)
	x.awaitBacklog(b, "one", transport.Backlog{Waiting: 3, InFlight: 1, Oldest: time.Since(begun)})
	close(finish)
	r.bodies(4)
	r.stop()
	x.awaitBacklog(b, "one", transport.Backlog{Retrying: 1, Dead: 1, Oldest: time.Since(begun)})
	x.awaitBacklog(b, "other", transport.Backlog{Waiting: 4, Oldest: time.Since(begun)})
	x.receive(transport.Subscription{Key: "other"}, rejects).bodies(4)
	x.awaitBacklog(b, "other", transport.Backlog{Dead: 4})
}

func rejects(transport.Delivery) transport.Verdict { return transport.Reject("not mine") }

// checkNoBacklog checks that there is no backlog of a receiver that does not exist.
func (x *trial) checkNoBacklog(b transport.BacklogReporter) {
	var unroutable *transport.UnroutableError
	if got, err := b.Backlog(x.ctx, x.event, "nobody"); !errors.As(err, &unroutable) {
		x.Errorf("the backlog of nobody: %+v, %v, want a *transport.UnroutableError", got, err)
	}
	for _, name := range [][2]string{{"", "one"}, {"a b", "one"}, {x.event, "a.>"}, {x.event, ""}} {
		var problem *transport.SubscriptionError
		if got, err := b.Backlog(x.ctx, name[0], name[1]); !errors.As(err, &problem) {
			x.Errorf("the backlog of event %q by the key %q: %+v, %v, want a *transport.SubscriptionError", name[0], name[1], got, err)
		}
	}
}

// awaitBacklog waits until the backlog is as wanted, because brokers may count late.
func (x *trial) awaitBacklog(b transport.BacklogReporter, key string, want transport.Backlog) {
	x.Helper()
	asked := time.Now()
	for limit := asked.Add(patience / 3); ; {
		got, err := b.Backlog(x.ctx, x.event, key)
		if err != nil {
			x.Fatalf("the backlog of key %s: %v", key, err)
		}
		problem := backlogProblem(got, want, time.Since(asked))
		if problem == "" {
			return
		}
		if time.Now().After(limit) {
			x.Fatalf("the backlog of key %s is %+v, want %+v: %s", key, got, want, problem)
		}
		pause(x, 50*time.Millisecond)
	}
}

// backlogProblem returns what is wrong with a backlog, some time after want was right.
func backlogProblem(got, want transport.Backlog, after time.Duration) string {
	begun := want.InFlight + want.Retrying
	switch {
	case got.Waiting != want.Waiting || got.Dead != want.Dead:
		return "what waits and what is dead must be exact"
	case got.InFlight != 0 && got.InFlight != want.InFlight && got.InFlight != begun:
		return fmt.Sprintf("in flight must be %d, or 0 if that is unknown", want.InFlight)
	case got.Retrying != 0 && got.Retrying != want.Retrying || got.InFlight+got.Retrying > begun:
		return fmt.Sprintf("retrying must be %d, or 0 if that is unknown", want.Retrying)
	case got.Oldest == 0:
		return ""
	case want.Oldest == 0:
		return "nothing waits, so there is no oldest"
	case got.Oldest < want.Oldest-rounded || got.Oldest > want.Oldest+after+rounded:
		return "the oldest is the age of the first message that is neither done nor dead"
	}
	return ""
}

// pause waits.
func pause(x *trial, d time.Duration) {
	x.Helper()
	select {
	case <-time.After(d):
	case <-x.ctx.Done():
		x.Fatal("the time of the trial is over")
	}
}
