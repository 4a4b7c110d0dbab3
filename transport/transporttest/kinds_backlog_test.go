package transporttest_test

import (
	"context"
	"errors"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// counting changes what is told of a backlog.
func counting(change func(b *transport.Backlog)) build {
	return changed(func(w *wrapped) {
		w.backlog = func(ctx context.Context, event, key string) (transport.Backlog, error) {
			b, err := w.local.Backlog(ctx, event, key)
			change(&b)
			return b, err
		}
	})
}

func deadWait(b *transport.Backlog)    { b.Waiting += b.Dead }
func noneDead(b *transport.Backlog)    { b.Dead = 0 }
func noneWait(b *transport.Backlog)    { b.Waiting = 0 }
func flyingWait(b *transport.Backlog)  { b.Waiting, b.InFlight = b.Waiting+b.InFlight, 0 }
func allFly(b *transport.Backlog)      { b.InFlight += b.Waiting }
func waitRetried(b *transport.Backlog) { b.Waiting, b.Retrying = b.Waiting+b.Retrying, 0 }
func retriedTwice(b *transport.Backlog) {
	b.Retrying *= 2
}
func bothCounted(b *transport.Backlog) {
	b.InFlight, b.Retrying = b.InFlight+b.Retrying, b.InFlight+b.Retrying
}
func newestsAge(b *transport.Backlog) { b.Oldest = min(b.Oldest, time.Millisecond) }
func deadsAge(b *transport.Backlog) {
	if b.Dead > 0 {
		b.Oldest = max(b.Oldest, time.Second)
	}
}

// Some of a backlog need not be known.
func fewKnown(b *transport.Backlog)    { b.InFlight, b.Retrying, b.Oldest = 0, 0, 0 }
func notApart(b *transport.Backlog)    { b.InFlight, b.Retrying = b.InFlight+b.Retrying, 0 }
func toTheSecond(b *transport.Backlog) { b.Oldest = b.Oldest.Truncate(time.Second) }

// mixesBacklogs tells the sum of all keys for each.
func mixesBacklogs(w *wrapped) {
	w.backlog = func(ctx context.Context, event, key string) (transport.Backlog, error) {
		sum, err := w.local.Backlog(ctx, event, key)
		for _, other := range []string{"one", "other"} {
			if b, _ := w.local.Backlog(ctx, event, other); other != key {
				sum.Waiting += b.Waiting
			}
		}
		return sum, err
	}
}

// refusesBacklog fails with another error where there is no receiver or no name.
func refusesBacklog(w *wrapped) {
	w.backlog = func(ctx context.Context, event, key string) (transport.Backlog, error) {
		b, err := w.local.Backlog(ctx, event, key)
		if err != nil {
			err = errors.New("no such queue")
		}
		return b, err
	}
}

// backlogOfNobody is empty, and not an error.
func backlogOfNobody(w *wrapped) {
	w.backlog = func(ctx context.Context, event, key string) (transport.Backlog, error) {
		b, err := w.local.Backlog(ctx, event, key)
		if unroutable := (*transport.UnroutableError)(nil); errors.As(err, &unroutable) {
			err = nil
		}
		return b, err
	}
}
