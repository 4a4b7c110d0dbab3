package fxevents

import (
	"context"
	"log/slog"

	"github.com/rollcall-go/rollcall/transport"
)

// Logger is where asynchronous listeners' failures are told; slog.Default()
// without it, slog.New(slog.DiscardHandler) for nothing. A failure is a record
// at slog.LevelWarn where the event will be received again, and one at
// slog.LevelError where it becomes a dead letter. The attributes are event,
// key, id, attempt and reason, and after, how long it waits at least; the
// event's content is never logged, but a reason is a listener's error as that
// wrote it. It tells what this process decides: not of an event that the
// transport gives up because its receivers died in each attempt, nor of a listener
// that ends its goroutine.
func Logger(l *slog.Logger) Option { return optionFunc(func(s *settings) { s.logger = l }) }

// verdicts is the transport that receivers subscribe to: it logs what becomes of
// a delivery that is not done.
type verdicts struct {
	transport.Transport
	logger *slog.Logger // nil: slog.Default()
}

// Subscribe decides in the transport's place, which then has nothing left to
// decide: so a panic is told, and the attempt that is one too many.
func (t verdicts) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	return t.Transport.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
		v := transport.Decide(ctx, s, h, d)
		if !v.IsAck() {
			t.tell(ctx, s, d, v)
		}
		return v
	})
}

func (t verdicts) tell(ctx context.Context, s transport.Subscription, d transport.Delivery, v transport.Verdict) {
	level, message := slog.LevelError, "event becomes a dead letter"
	attributes := []slog.Attr{slog.String("event", s.Event), slog.String("key", s.Key),
		slog.String("id", d.ID), slog.Int("attempt", d.Attempt)}
	if after, again := v.Retry(); again {
		level, message = slog.LevelWarn, "event will be received again"
		attributes = append(attributes, slog.Duration("after", after))
	}
	reason, _ := v.Rejected() // has that of a Retry too
	logger := t.logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.LogAttrs(ctx, level, message, append(attributes, slog.String("reason", reason))...)
}
