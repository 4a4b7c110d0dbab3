package amqpevents

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// Backlog implements [transport.BacklogReporter] by AMQP alone. Waiting and Dead are the
// broker's counts of the messages that are ready in both queues. InFlight and Retrying are
// only of this transport, because a broker does not count them for a receiver: InFlight
// has the messages that this transport is handling, and Retrying those that it sent to
// wait for a retry and whose wait is not over. Backlog does not see what other processes
// handle or retry, nor what this process sent to wait before it was restarted. A retry
// whose wait is over counts as Waiting. Oldest is always 0.
//
// Backlog waits for a connection as Publish does. The error is a
// *transport.SubscriptionError, also for a temporary receiver, a
// *transport.UnroutableError if there is no queue, or the broker's or the context's.
func (t *Transport) Backlog(ctx context.Context, event, key string) (transport.Backlog, error) {
	s, err := transport.Subscription{Event: event, Key: key}.Check()
	switch {
	case err != nil:
		return transport.Backlog{}, err
	case key == "":
		return transport.Backlog{}, &transport.SubscriptionError{Subscription: s, Problem: "a temporary receiver has no backlog: name a key"}
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	r := keyed(event, key)
	waiting, found, err := t.count(ctx, t.topology.names.queue(r.address))
	switch {
	case err != nil:
		return transport.Backlog{}, annotated(err, "counting the messages that wait")
	case !found:
		return transport.Backlog{}, &transport.UnroutableError{Event: event, Key: key}
	}
	dead, _, err := t.count(ctx, t.topology.names.deadLetters(r.address))
	if err != nil {
		return transport.Backlog{}, annotated(err, "counting the dead letters")
	}
	inFlight, retrying := t.tallies.of(r).counts(time.Now())
	return transport.Backlog{Waiting: waiting, InFlight: inFlight, Retrying: retrying, Dead: dead}, nil
}

// count returns how many messages are ready in a queue, if the queue exists.
func (t *Transport) count(ctx context.Context, queue string) (messages int, found bool, err error) {
	var counted atomic.Int64 // an abandoned call may still write
	err = t.declare(ctx, func(ch channel) error {
		n, err := ready(ch, queue)
		if err == nil {
			counted.Store(int64(n))
		}
		return err
	})
	switch {
	case isNoQueue(err):
		return 0, false, nil
	case err != nil:
		return 0, false, err
	}
	return int(counted.Load()), true, nil
}

// ready returns how many messages are ready in a queue. isNoQueue reports whether the
// error is that the queue does not exist.
func ready(ch channel, queue string) (int, error) {
	q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil && !isNoQueue(err) {
		err = errDeclaring("queue", queue, err)
	}
	return q.Messages, err
}

// tallies count what the broker does not, by receiver. They may be used concurrently.
type tallies struct {
	mu  sync.Mutex
	all map[target]*tally
}

// of returns the tally of a receiver. A temporary receiver has one that nobody sees.
func (t *tallies) of(r target) *tally {
	if r.key == "" {
		return &tally{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[target]*tally{}
	}
	if t.all[r] == nil {
		t.all[r] = &tally{}
	}
	return t.all[r]
}

// tally counts the messages of one receiver that the broker does not count for it.
type tally struct {
	inFlight atomic.Int64

	mu       sync.Mutex
	retrying map[int64]int // messages whose wait ends in a second of Unix time
}

// noteRetry notes a message that waits for some time.
func (t *tally) noteRetry(now time.Time, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.retrying == nil {
		t.retrying = map[int64]int{}
	}
	second := now.Add(wait).Unix()
	if t.retrying[second] == 0 {
		t.prune(now) // whenever the map grows
	}
	t.retrying[second]++
}

func (t *tally) counts(now time.Time) (inFlight, retrying int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prune(now)
	for _, n := range t.retrying {
		retrying += n
	}
	return int(t.inFlight.Load()), retrying
}

// prune drops the seconds that have passed. The caller must hold the lock.
func (t *tally) prune(now time.Time) {
	for second := range t.retrying {
		if second < now.Unix() {
			delete(t.retrying, second)
		}
	}
}
