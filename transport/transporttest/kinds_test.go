package transporttest_test

import (
	"context"

	"github.com/rollcall-go/rollcall/transport"
)

// wrapped is a transport.Local of which broken transports replace a part.
type wrapped struct {
	local     *transport.Local
	publish   func(context.Context, transport.Message) error
	subscribe func(context.Context, transport.Subscription, transport.Handler) error
	declare   func(context.Context, transport.Subscription) error
	letters   letters
	backlog   backlog
	canDelay  bool
}

type (
	disposals = func(transport.DeadLetter) transport.Disposal
	letters   = func(ctx context.Context, event, key string, decide disposals) (int, error)
	backlog   = func(ctx context.Context, event, key string) (transport.Backlog, error)
)

func newWrapped() *wrapped {
	l := &transport.Local{}
	return &wrapped{l, l.Publish, l.Subscribe, l.Declare, l.EachDeadLetter, l.Backlog, true}
}

func (w *wrapped) CanDelay() bool { return w.canDelay }

func (w *wrapped) Publish(ctx context.Context, m transport.Message) error { return w.publish(ctx, m) }

func (w *wrapped) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	return w.subscribe(ctx, s, h)
}

func (w *wrapped) Declare(ctx context.Context, s transport.Subscription) error {
	return w.declare(ctx, s)
}

func (w *wrapped) EachDeadLetter(ctx context.Context, event, key string, decide func(transport.DeadLetter) transport.Disposal) (int, error) {
	return w.letters(ctx, event, key, decide)
}

func (w *wrapped) Backlog(ctx context.Context, event, key string) (transport.Backlog, error) {
	return w.backlog(ctx, event, key)
}

// build makes a transport for one trial.
type build func() transport.Transport

// changed is a transport that differs by what change does.
func changed(change func(w *wrapped)) build {
	return func() transport.Transport {
		w := newWrapped()
		change(w)
		return w
	}
}

// publishing replaces Publish, given the one that it replaces.
func publishing(f func(ctx context.Context, m transport.Message, publish func(context.Context, transport.Message) error) error) build {
	return changed(func(w *wrapped) {
		publish := w.publish
		w.publish = func(ctx context.Context, m transport.Message) error { return f(ctx, m, publish) }
	})
}

// subscribing changes what is subscribed to.
func subscribing(change func(s *transport.Subscription)) build {
	return changed(func(w *wrapped) {
		subscribe := w.subscribe
		w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
			change(&s)
			return subscribe(ctx, s, h)
		}
	})
}

// handling replaces the handlers.
func handling(f func(s transport.Subscription, h transport.Handler) transport.Handler) build {
	return changed(func(w *wrapped) {
		subscribe := w.subscribe
		w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
			return subscribe(ctx, s, f(s, h))
		}
	})
}

// delivering changes what a handler is given.
func delivering(change func(d *transport.Delivery)) build {
	return handling(func(_ transport.Subscription, h transport.Handler) transport.Handler {
		return func(ctx context.Context, d transport.Delivery) transport.Verdict {
			d.Message = d.Clone()
			change(&d)
			return h(ctx, d)
		}
	})
}

// judging changes what a handler has said.
func judging(change func(s transport.Subscription, d transport.Delivery, v transport.Verdict) transport.Verdict) build {
	return handling(func(s transport.Subscription, h transport.Handler) transport.Handler {
		return func(ctx context.Context, d transport.Delivery) transport.Verdict {
			return change(s, d, h(ctx, d))
		}
	})
}

// instead has a panic stand for a verdict.
func instead(v transport.Verdict) build {
	return handling(func(_ transport.Subscription, h transport.Handler) transport.Handler {
		return func(ctx context.Context, d transport.Delivery) (verdict transport.Verdict) {
			defer func() {
				if recover() != nil {
					verdict = v
				}
			}()
			return h(ctx, d)
		}
	})
}

// ending does something when a subscription has ended, and returns its error.
func ending(f func(w *wrapped, s transport.Subscription) error) build {
	return changed(func(w *wrapped) {
		subscribe := w.subscribe
		w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
			if err := subscribe(ctx, s, h); err != nil {
				return err
			}
			return f(w, s)
		}
	})
}

// showing changes dead letters.
func showing(change func(l *transport.DeadLetter)) build {
	return changed(func(w *wrapped) {
		letters := w.letters
		w.letters = func(ctx context.Context, event, key string, decide disposals) (int, error) {
			return letters(ctx, event, key, func(l transport.DeadLetter) transport.Disposal {
				change(&l)
				return decide(l)
			})
		}
	})
}

// disposing changes what becomes of dead letters.
func disposing(change func(w *wrapped, l transport.DeadLetter, d transport.Disposal) transport.Disposal) build {
	return changed(func(w *wrapped) {
		letters := w.letters
		w.letters = func(ctx context.Context, event, key string, decide disposals) (int, error) {
			return letters(ctx, event, key, func(l transport.DeadLetter) transport.Disposal {
				return change(w, l, decide(l))
			})
		}
	})
}
