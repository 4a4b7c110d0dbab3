package transport

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Local is a [Transport] in memory, for tests. It behaves like a broker, except that it
// loses everything when the process ends and has no limit on the messages it keeps. The
// zero Local is ready to use.
type Local struct {
	mu     sync.Mutex
	queues map[string][]*localQueue // by event, in the order of their declaration
}

// localQueue holds the messages of one receiver key, or of one temporary receiver.
type localQueue struct {
	key      string
	waiting  []waiting     // the oldest first
	inFlight []time.Time   // when the messages that are being handled were published
	changed  chan struct{} // closed and replaced when a message is added
	dead     []DeadLetter
}

// waiting is a message that waits for its receiver.
type waiting struct {
	Delivery
	published time.Time // when it was due, if that is later
	ready     time.Time // not delivered before this time; zero means at once
}

// CanDelay returns true: see [WithDelay]. A delayed message is delivered only to those
// receivers that there were when it was published. Others overtake it.
func (l *Local) CanDelay() bool { return true }

// Publish keeps a message for each receiver. The error is a *MessageError, an
// *UnroutableError if there is no receiver, or the context's. A message without a
// source stays without one.
func (l *Local) Publish(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	routed, now := false, time.Now()
	due := dueTime(ctx, now)
	published := now
	if due.After(now) {
		published = due
	}
	for _, q := range l.queues[m.Event] {
		if m.Key == "" || m.Key == q.key {
			routed = true
			mine := m.Clone()
			mine.Key = q.key
			q.put(waiting{Delivery: Delivery{Message: mine, Attempt: 1}, published: published, ready: due})
		}
	}
	if !routed {
		return &UnroutableError{Event: m.Event, Key: m.Key}
	}
	return nil
}

// Declare keeps messages for a receiver key from now on. The error is a
// *SubscriptionError.
func (l *Local) Declare(_ context.Context, s Subscription) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	if s.Key == "" {
		return &SubscriptionError{Subscription: s, Problem: "a temporary receiver can't be declared: give it a key"}
	}
	l.queue(s.Event, s.Key)
	return nil
}

// queue returns the queue of a key, and creates it if there is none. For the key "", it
// always creates a queue.
func (l *Local) queue(event, key string) *localQueue {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range l.queues[event] {
		if key != "" && q.key == key {
			return q
		}
	}
	q := &localQueue{key: key, changed: make(chan struct{})}
	if l.queues == nil {
		l.queues = map[string][]*localQueue{}
	}
	l.queues[event] = append(l.queues[event], q)
	return q
}

// Subscribe calls the handler for each message until the context ends. The error
// is a *SubscriptionError.
func (l *Local) Subscribe(ctx context.Context, s Subscription, h Handler) error {
	s, err := s.Check()
	if err != nil {
		return err
	}
	q := l.queue(s.Event, s.Key)
	var workers sync.WaitGroup
	for range s.MaxInFlight {
		workers.Go(func() {
			for {
				w, ok := l.take(ctx, q)
				if !ok {
					return
				}
				l.apply(q, w, decideApart(ctx, s, h, Delivery{Message: w.Clone(), Attempt: w.Attempt}))
			}
		})
	}
	workers.Wait()
	if s.Key == "" {
		l.drop(s.Event, q)
	}
	return nil
}

// decideApart calls Decide in a goroutine of its own, because a handler may end its
// goroutine, as t.FailNow does in a test.
func decideApart(ctx context.Context, s Subscription, h Handler, d Delivery) Verdict {
	verdict := make(chan Verdict, 1)
	go func() {
		var v Verdict
		ended := true
		defer func() {
			if ended {
				v = Decide(ctx, s, unsaid(s), d)
			}
			verdict <- v
		}()
		v, ended = Decide(ctx, s, h, d), false
	}()
	return <-verdict
}

// unsaid returns a handler whose verdict is that for a handler that ended its goroutine.
func unsaid(s Subscription) Handler {
	return func(_ context.Context, d Delivery) Verdict {
		return s.again(d.Attempt, "the handler ended its goroutine")
	}
}

// take waits for a message. It returns false if the context has ended.
func (l *Local) take(ctx context.Context, q *localQueue) (waiting, bool) {
	for {
		l.mu.Lock()
		w, next, ok := q.pop(time.Now())
		changed := q.changed
		l.mu.Unlock()
		if ctx.Err() != nil {
			if ok {
				l.giveBack(q, w)
			}
			return waiting{}, false
		}
		if ok {
			return w, true
		}
		if !wait(ctx, changed, next) {
			return waiting{}, false
		}
	}
}

// giveBack returns a message that no handler has begun to the front of its queue.
func (l *Local) giveBack(q *localQueue, w waiting) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.handled(w)
	w.ready = time.Time{}
	q.waiting = append([]waiting{w}, q.waiting...)
	q.signal()
}

// wait waits until changed is closed, or until a time that is not zero. It returns false
// if the context ends first.
func wait(ctx context.Context, changed <-chan struct{}, until time.Time) bool {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-changed:
	case <-timer:
	}
	return true
}

func (l *Local) apply(q *localQueue, w waiting, v Verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.handled(w)
	if reason, rejected := v.Rejected(); rejected {
		q.dead = append(q.dead, DeadLetter{Delivery: w.Delivery, Reason: reason, At: time.Now()})
	}
	if after, again := v.Retry(); again {
		w.Attempt++
		w.ready = time.Now().Add(after)
		q.put(w)
	}
}

// drop removes the queue of a temporary receiver.
func (l *Local) drop(event string, gone *localQueue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, q := range l.queues[event] {
		if q == gone {
			l.queues[event] = append(l.queues[event][:i:i], l.queues[event][i+1:]...)
			return
		}
	}
}

// put adds a message. The callers of the methods of a queue must hold the lock.
func (q *localQueue) put(w waiting) {
	q.waiting = append(q.waiting, w)
	q.signal()
}

func (q *localQueue) signal() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// pop takes the oldest message that is ready. If no message is ready, next is when the
// first one will be. If there are no messages, next is zero. The caller must call handled
// for the message.
func (q *localQueue) pop(now time.Time) (taken waiting, next time.Time, ok bool) {
	for i, w := range q.waiting {
		if !w.ready.After(now) {
			q.remove(i)
			q.inFlight = append(q.inFlight, w.published)
			return w, time.Time{}, true
		}
		if next.IsZero() || w.ready.Before(next) {
			next = w.ready
		}
	}
	return waiting{}, next, false
}

// handled says that a message that pop took is no longer in flight.
func (q *localQueue) handled(w waiting) {
	i := slices.Index(q.inFlight, w.published)
	q.inFlight = slices.Delete(q.inFlight, i, i+1)
}

// remove removes the message at an index. Removing the first one, the usual case, moves
// no others.
func (q *localQueue) remove(i int) {
	if i == 0 {
		q.waiting[0] = waiting{}
		q.waiting = q.waiting[1:]
		return
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
}

// EachDeadLetter implements [DeadLetters]. Dead letters of temporary receivers are not
// kept. While EachDeadLetter runs, other calls for the key see no dead letters. The
// error is the context's.
func (l *Local) EachDeadLetter(ctx context.Context, event, key string, decide func(DeadLetter) Disposal) (int, error) {
	found := l.declared(event, key)
	if found == nil {
		return 0, nil
	}
	left := l.takeDead(found)
	var kept []DeadLetter
	defer func() { l.returnDead(found, append(kept, left...)) }() // even if decide panics
	shown := 0
	for ; len(left) > 0; left = left[1:] {
		if err := ctx.Err(); err != nil {
			return shown, err
		}
		letter := left[0]
		letter.Message = letter.Clone()
		disposal := decide(letter)
		shown++
		switch disposal {
		case Keep:
			kept = append(kept, left[0])
		case Replay:
			l.replay(found, left[0].Message)
		}
	}
	return shown, nil
}

// declared returns the queue of a key, or nil if there is none, also for the key "".
func (l *Local) declared(event, key string) *localQueue {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, q := range l.queues[event] {
		if key != "" && q.key == key {
			return q
		}
	}
	return nil
}

func (l *Local) replay(q *localQueue, m Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.put(waiting{Delivery: Delivery{Message: m, Attempt: 1}, published: time.Now()})
}

func (l *Local) takeDead(q *localQueue) []DeadLetter {
	l.mu.Lock()
	defer l.mu.Unlock()
	letters := q.dead
	q.dead = nil
	return letters
}

func (l *Local) returnDead(q *localQueue, kept []DeadLetter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q.dead = append(kept, q.dead...)
}

// Backlog implements [BacklogReporter]. All its fields are exact. The age of a replayed
// message counts from the replay, and that of a delayed one from when it was due. The error
// is a *SubscriptionError, an *UnroutableError or the context's.
func (l *Local) Backlog(ctx context.Context, event, key string) (Backlog, error) {
	s, err := Subscription{Event: event, Key: key}.Check()
	switch {
	case err != nil:
		return Backlog{}, err
	case ctx.Err() != nil:
		return Backlog{}, ctx.Err()
	case key == "":
		return Backlog{}, &SubscriptionError{Subscription: s, Problem: "a temporary receiver has no backlog: name a key"}
	}
	q := l.declared(event, key)
	if q == nil {
		return Backlog{}, &UnroutableError{Event: event, Key: key}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return q.backlog(time.Now()), nil
}

func (q *localQueue) backlog(now time.Time) Backlog {
	b := Backlog{InFlight: len(q.inFlight), Dead: len(q.dead)}
	for _, published := range q.inFlight {
		b.Oldest = max(b.Oldest, now.Sub(published))
	}
	for _, w := range q.waiting {
		if b.Oldest = max(b.Oldest, now.Sub(w.published)); w.Attempt == 1 {
			b.Waiting++
			continue
		}
		b.Retrying++
	}
	return b
}

var (
	_ Transport       = (*Local)(nil)
	_ Declarer        = (*Local)(nil)
	_ DeadLetters     = (*Local)(nil)
	_ BacklogReporter = (*Local)(nil)
	_ Delayer         = (*Local)(nil)
)
