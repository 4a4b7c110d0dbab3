package transporttest_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

type publish = func(context.Context, transport.Message) error

// holdsBack has the message before the last of a number overtaken by it.
func holdsBack(number string) build {
	return changed(func(w *wrapped) {
		var mu sync.Mutex
		var held []transport.Message
		w.publish = func(ctx context.Context, m transport.Message) error {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasSuffix(m.ID, number) {
				held = append(held, m)
				return nil
			}
			err := w.local.Publish(ctx, m)
			for _, late := range held {
				err = errors.Join(err, w.local.Publish(ctx, late))
			}
			held = nil
			return err
		}
	})
}

// forOneKey gives a message of some number to one key alone.
func forOneKey(number string) build {
	return changed(func(w *wrapped) {
		var first atomic.Pointer[string]
		w.declare = func(ctx context.Context, s transport.Subscription) error {
			first.CompareAndSwap(nil, &s.Key)
			return w.local.Declare(ctx, s)
		}
		w.publish = func(ctx context.Context, m transport.Message) error {
			if key := first.Load(); key != nil && m.Key == "" && strings.HasSuffix(m.ID, number) {
				m.Key = *key
			}
			return w.local.Publish(ctx, m)
		}
	})
}

// keepsForLater gives the first receiver what was published to nobody.
func keepsForLater(w *wrapped) {
	var mu sync.Mutex
	var kept []transport.Message
	w.publish = func(ctx context.Context, m transport.Message) error {
		err := w.local.Publish(ctx, m)
		if unroutable := (*transport.UnroutableError)(nil); errors.As(err, &unroutable) {
			mu.Lock()
			defer mu.Unlock()
			kept = append(kept, m)
			return nil
		}
		return err
	}
	w.declare = func(ctx context.Context, s transport.Subscription) error {
		mu.Lock()
		defer mu.Unlock()
		err := w.local.Declare(ctx, s)
		for _, m := range kept {
			err = errors.Join(err, w.local.Publish(ctx, m))
		}
		kept = nil
		return err
	}
}

// tellsHistory gives a temporary receiver what was published before it came.
func tellsHistory(w *wrapped) {
	var mu sync.Mutex
	var all []transport.Message
	w.publish = func(ctx context.Context, m transport.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if m.ContentType == "text/plain" {
			all = append(all, m)
		}
		return w.local.Publish(ctx, m)
	}
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		mu.Lock()
		history := slices.Clone(all)
		mu.Unlock()
		for _, m := range history {
			if s.Key == "" {
				h(ctx, transport.Delivery{Message: m, Attempt: 1})
			}
		}
		return w.local.Subscribe(ctx, s, h)
	}
}

// refusesNobody fails where nobody receives.
func refusesNobody(ctx context.Context, m transport.Message, publish publish) error {
	err := publish(ctx, m)
	if unroutable := (*transport.UnroutableError)(nil); errors.As(err, &unroutable) {
		return errors.New("no such topic")
	}
	return err
}

// keepsForSubscribers keeps messages only for keys that are subscribed to, or are
// so within a second of the first message.
func keepsForSubscribers(w *wrapped) {
	var mu sync.Mutex
	var soon sync.Once
	var deadline time.Time
	declared, there := map[string]bool{}, map[string]int{}
	w.declare = func(ctx context.Context, s transport.Subscription) error {
		mu.Lock()
		defer mu.Unlock()
		declared[s.Key] = true
		return w.local.Declare(ctx, s)
	}
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		mu.Lock()
		there[s.Key]++
		mu.Unlock()
		return w.local.Subscribe(ctx, s, h)
	}
	allThere := func() bool {
		mu.Lock()
		defer mu.Unlock()
		for key := range maps.Keys(declared) {
			if there[key] == 0 {
				return false
			}
		}
		return true
	}
	w.publish = func(ctx context.Context, m transport.Message) error {
		soon.Do(func() { deadline = time.Now().Add(time.Second) })
		for !allThere() {
			if time.Now().After(deadline) {
				return nil
			}
			time.Sleep(time.Millisecond)
		}
		return w.local.Publish(ctx, m)
	}
}

// toAll forgets whom a message is for.
func toAll(ctx context.Context, m transport.Message, publish publish) error {
	m.Key = ""
	return publish(ctx, m)
}

// toNobody loses what is for one key.
func toNobody(ctx context.Context, m transport.Message, publish publish) error {
	if m.Key != "" {
		return m.Check()
	}
	return publish(ctx, m)
}

// losesOneOfTwo loses what is published while something else is.
func losesOneOfTwo(w *wrapped) {
	var publishing atomic.Int32
	w.publish = func(ctx context.Context, m transport.Message) error {
		defer publishing.Add(-1)
		if publishing.Add(1) > 1 {
			return nil
		}
		time.Sleep(time.Millisecond)
		return w.local.Publish(ctx, m)
	}
}

// failsForTwo fails for what is published while something else is.
func failsForTwo(w *wrapped) {
	var publishing atomic.Int32
	w.publish = func(ctx context.Context, m transport.Message) error {
		defer publishing.Add(-1)
		if publishing.Add(1) > 1 {
			return errors.New("the channel is in use")
		}
		time.Sleep(time.Millisecond)
		return w.local.Publish(ctx, m)
	}
}

type byHandler struct{}

// marksHandlers tells Publish by its context that a handler calls it.
func marksHandlers(w *wrapped) {
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		return w.local.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
			return h(context.WithValue(ctx, byHandler{}, true), d)
		})
	}
}

// waitsForHandlers publishes for a handler when that has ended, so never.
func waitsForHandlers(w *wrapped) {
	marksHandlers(w)
	w.publish = func(ctx context.Context, m transport.Message) error {
		if ctx.Value(byHandler{}) != nil {
			time.Sleep(2 * transporttest.Patience)
			return errors.New("timeout")
		}
		return w.local.Publish(ctx, m)
	}
}

// refusesHandlers does not publish for handlers.
func refusesHandlers(w *wrapped) {
	marksHandlers(w)
	w.publish = func(ctx context.Context, m transport.Message) error {
		if ctx.Value(byHandler{}) != nil {
			return errors.New("the channel is in use")
		}
		return w.local.Publish(ctx, m)
	}
}

// takesBad says nothing of a message that can't be published.
func takesBad(ctx context.Context, m transport.Message, publish publish) error {
	if m.Check() != nil {
		return nil
	}
	return publish(ctx, m)
}

// takesReserved publishes headers that are taken for attributes.
func takesReserved(ctx context.Context, m transport.Message, publish publish) error {
	m.Headers = maps.Clone(m.Headers)
	maps.DeleteFunc(m.Headers, func(name, _ string) bool { return name == "ce-type" })
	return publish(ctx, m)
}

// untyped tells of a bad message by another error.
func untyped(ctx context.Context, m transport.Message, publish publish) error {
	if err := m.Check(); err != nil {
		return errors.New(err.Error())
	}
	return publish(ctx, m)
}

// breaksAtBad publishes nothing any more after a bad message.
func breaksAtBad(w *wrapped) {
	var closed atomic.Bool
	w.publish = func(ctx context.Context, m transport.Message) error {
		switch err := m.Check(); {
		case err != nil:
			closed.Store(true)
			return err
		case closed.Load():
			return errors.New("the channel is closed")
		}
		return w.local.Publish(ctx, m)
	}
}

// breaksAtCancelled publishes nothing any more after a cancelled one.
func breaksAtCancelled(w *wrapped) {
	var closed atomic.Bool
	w.publish = func(ctx context.Context, m transport.Message) error {
		switch {
		case errors.Is(ctx.Err(), context.Canceled):
			closed.Store(true)
			return ctx.Err()
		case closed.Load():
			return errors.New("the channel is closed")
		}
		return w.local.Publish(ctx, m)
	}
}

// hidesCancelled tells another reason.
func hidesCancelled(ctx context.Context, m transport.Message, publish publish) error {
	if ctx.Err() != nil {
		return errors.New("timeout")
	}
	return publish(ctx, m)
}

func ignoresCancelled(ctx context.Context, m transport.Message, publish publish) error {
	return publish(context.WithoutCancel(ctx), m)
}

// ignoresDelay publishes at once.
func ignoresDelay(ctx context.Context, m transport.Message, publish publish) error {
	return publish(transport.WithDelay(ctx, 0), m)
}

func isDelayed(ctx context.Context) bool {
	after, until := transport.DelayOf(ctx)
	return after > 0 || !until.IsZero()
}

func losesDelayed(ctx context.Context, m transport.Message, publish publish) error {
	if isDelayed(ctx) {
		return nil
	}
	return publish(ctx, m)
}

func refusesDelay(ctx context.Context, m transport.Message, publish publish) error {
	if isDelayed(ctx) {
		return &transport.MessageError{ID: m.ID, Event: m.Event, Problem: "not today"}
	}
	return publish(ctx, m)
}

// refusesUntyped can't delay, and refuses a delay by an error of another type.
func refusesUntyped(w *wrapped) {
	w.canDelay = false
	w.publish = func(ctx context.Context, m transport.Message) error {
		if isDelayed(ctx) {
			return errors.New("not today")
		}
		return w.local.Publish(ctx, m)
	}
}

func hidesDelay(w *wrapped) { w.canDelay = false }
