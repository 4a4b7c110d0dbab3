package transporttest_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

// retries changes the wait before a message comes again.
func retries(after func(time.Duration) time.Duration) build {
	return judging(func(_ transport.Subscription, _ transport.Delivery, v transport.Verdict) transport.Verdict {
		if wait, again := v.Retry(); again {
			return transport.Retry(after(wait), "not yet, still closed")
		}
		return v
	})
}

func atOnce(time.Duration) time.Duration         { return 0 }
func tooEarly(after time.Duration) time.Duration { return after / 2 }

// losesRetried takes a retry for an ack.
func losesRetried(_ transport.Subscription, _ transport.Delivery, v transport.Verdict) transport.Verdict {
	if _, again := v.Retry(); again {
		return transport.Ack()
	}
	return v
}

// sleepsInPlace calls a handler once more by itself, after a while.
func sleepsInPlace(_ transport.Subscription, h transport.Handler) transport.Handler {
	return func(ctx context.Context, d transport.Delivery) transport.Verdict {
		v := h(ctx, d)
		after, again := v.Retry()
		if !again || after == 0 {
			return v
		}
		time.Sleep(min(after, time.Second))
		d.Attempt++
		return h(ctx, d)
	}
}

// sleepsBefore waits before it gives a message back.
func sleepsBefore(_ transport.Subscription, _ transport.Delivery, v transport.Verdict) transport.Verdict {
	if after, again := v.Retry(); again {
		time.Sleep(min(after, 2*transporttest.Patience))
		return transport.Retry(0, "not yet, still closed")
	}
	return v
}

// remembersRetries keeps what is to be retried in the memory of a subscription,
// which forgets it when it ends.
func remembersRetries(w *wrapped) {
	var mu sync.Mutex
	attempts := map[string]int{}
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		return w.local.Subscribe(ctx, s, func(handling context.Context, d transport.Delivery) transport.Verdict {
			mu.Lock()
			d.Attempt += attempts[d.ID+s.Key]
			mu.Unlock()
			v := transport.Decide(handling, s, h, d)
			after, again := v.Retry()
			if !again || after == 0 {
				return v
			}
			mu.Lock()
			attempts[d.ID+s.Key]++
			mu.Unlock()
			go func() {
				select {
				case <-time.After(after):
					m := d.Message
					m.Key = s.Key
					_ = w.local.Publish(context.Background(), m)
				case <-ctx.Done():
				}
			}()
			return transport.Ack()
		})
	}
}

// inAnotherGoroutine calls handlers where nobody recovers.
func inAnotherGoroutine(_ transport.Subscription, h transport.Handler) transport.Handler {
	return func(ctx context.Context, d transport.Delivery) transport.Verdict {
		v := make(chan transport.Verdict)
		go func() { v <- h(ctx, d) }()
		return <-v
	}
}

// dropsAfterLast forgets a message after its last attempt.
func dropsAfterLast(s transport.Subscription, d transport.Delivery, v transport.Verdict) transport.Verdict {
	if _, again := v.Retry(); again && d.Attempt == s.MaxAttempts {
		return transport.Ack()
	}
	return v
}

// takesReject says something else instead of Reject.
func takesReject(other transport.Verdict) build {
	return judging(func(_ transport.Subscription, _ transport.Delivery, v transport.Verdict) transport.Verdict {
		if _, rejected := v.Rejected(); rejected {
			return other
		}
		return v
	})
}

// rejectsAndRetries delivers a message once more that has become a dead letter.
func rejectsAndRetries(w *wrapped) {
	var again sync.Map
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		return w.local.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
			v := h(ctx, d)
			if _, rejected := v.Rejected(); !rejected {
				return v
			}
			if _, did := again.LoadOrStore(d.ID+d.Key, true); did {
				return transport.Ack()
			}
			_ = w.local.Publish(ctx, d.Message)
			return v
		})
	}
}

func losesReason(l *transport.DeadLetter) { l.Reason = "" }
func losesTime(l *transport.DeadLetter)   { l.At = time.Time{} }
func losesCount(l *transport.DeadLetter)  { l.Attempt = 1 }
func losesWho(l *transport.DeadLetter)    { l.Key = "" }

// ascii is a reason as a header might have it.
func ascii(l *transport.DeadLetter) {
	l.Reason = string(slices.DeleteFunc([]rune(l.Reason), func(r rune) bool { return r > 0x7f }))
}

// turns one disposal into another.
func turns(from, to transport.Disposal) build {
	return disposing(func(_ *wrapped, _ transport.DeadLetter, d transport.Disposal) transport.Disposal {
		if d == from {
			return to
		}
		return d
	})
}

// replaysToAll publishes a letter as if it was new.
func replaysToAll(w *wrapped, l transport.DeadLetter, d transport.Disposal) transport.Disposal {
	if d != transport.Replay {
		return d
	}
	l.Key = ""
	go func() { _ = w.local.Publish(context.Background(), l.Message) }()
	return transport.Discard
}

// replaysAndKeeps keeps what it replays.
func replaysAndKeeps(w *wrapped, l transport.DeadLetter, d transport.Disposal) transport.Disposal {
	if d != transport.Replay {
		return d
	}
	_ = w.local.Publish(context.Background(), l.Message)
	return transport.Keep
}

// countsOn has a replayed message go on with its attempts.
func countsOn(w *wrapped) {
	var replayed sync.Map
	w.letters = func(ctx context.Context, event, key string, decide disposals) (int, error) {
		return w.local.EachDeadLetter(ctx, event, key, func(l transport.DeadLetter) transport.Disposal {
			d := decide(l)
			if d == transport.Replay {
				replayed.Store(l.ID, l.Attempt)
			}
			return d
		})
	}
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		return w.local.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
			if before, ok := replayed.Load(d.ID); ok {
				d.Attempt += before.(int)
			}
			return h(ctx, d)
		})
	}
}

// newestFirst shows dead letters the other way round.
func newestFirst(w *wrapped) {
	w.letters = func(ctx context.Context, event, key string, decide disposals) (int, error) {
		var all []transport.DeadLetter
		if _, err := w.local.EachDeadLetter(ctx, event, key, func(l transport.DeadLetter) transport.Disposal {
			all = append(all, l)
			return transport.Keep
		}); err != nil {
			return 0, err
		}
		decided := map[string]transport.Disposal{}
		for _, l := range slices.Backward(all) {
			decided[l.ID] = decide(l)
		}
		return w.local.EachDeadLetter(ctx, event, key, func(l transport.DeadLetter) transport.Disposal { return decided[l.ID] })
	}
}

// mixesLetters shows the letters of all keys to each.
func mixesLetters(w *wrapped) {
	var mu sync.Mutex
	var keys []string
	w.declare = func(ctx context.Context, s transport.Subscription) error {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(keys, s.Key) {
			keys = append(keys, s.Key)
		}
		return w.local.Declare(ctx, s)
	}
	w.letters = func(ctx context.Context, event, _ string, decide disposals) (sum int, err error) {
		mu.Lock()
		defer mu.Unlock()
		for _, key := range keys {
			n, err := w.local.EachDeadLetter(ctx, event, key, decide)
			if sum += n; err != nil {
				return sum, err
			}
		}
		return sum, nil
	}
}

// countsOneLess tells a wrong number of letters.
func countsOneLess(w *wrapped) {
	w.letters = func(ctx context.Context, event, key string, decide disposals) (int, error) {
		n, err := w.local.EachDeadLetter(ctx, event, key, decide)
		return max(0, n-1), err
	}
}
