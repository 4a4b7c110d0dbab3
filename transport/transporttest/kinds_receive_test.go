package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/transporttest"
)

func losesHeaders(d *transport.Delivery) { d.Headers = nil }
func losesEmpty(d *transport.Delivery) {
	maps.DeleteFunc(d.Headers, func(_, v string) bool { return v == "" })
}
func losesKey(d *transport.Delivery)        { d.Key = "" }
func losesParameters(d *transport.Delivery) { d.ContentType, _, _ = mime.ParseMediaType(d.ContentType) }
func encodesID(d *transport.Delivery)       { d.ID = url.PathEscape(d.ID) }
func cutsBody(d *transport.Delivery)        { d.Body = d.Body[:min(len(d.Body), 64<<10)] }
func slashesEvent(d *transport.Delivery)    { d.Event = strings.ReplaceAll(d.Event, ".", "/") }
func firstAttempt(d *transport.Delivery)    { d.Attempt = 1 }

func addsHeader(d *transport.Delivery) {
	if d.Headers == nil {
		d.Headers = map[string]string{}
	}
	d.Headers["Message-Id"] = d.ID
}

func guessesType(d *transport.Delivery) {
	if d.ContentType == "" {
		d.ContentType = "application/octet-stream"
	}
}

// capitalises writes headers as HTTP does.
func capitalises(d *transport.Delivery) {
	headers := map[string]string{}
	for name, value := range d.Headers {
		headers[http.CanonicalHeaderKey(name)] = value
	}
	d.Headers = headers
}

// aQueueEach gives each receiver of a key a queue of its own.
func aQueueEach(w *wrapped) {
	var mu sync.Mutex
	declared, subscribed := map[string]int{}, map[string]int{}
	numbered := func(count map[string]int, key string) string {
		mu.Lock()
		defer mu.Unlock()
		if count[key]++; count[key] == 1 {
			return key
		}
		return fmt.Sprint(key, count[key])
	}
	w.declare = func(ctx context.Context, s transport.Subscription) error {
		s.Key = numbered(declared, s.Key)
		return w.local.Declare(ctx, s)
	}
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		key := s.Key
		if _, err := s.Check(); key != "" && err == nil {
			s.Key = numbered(subscribed, key)
		}
		return w.local.Subscribe(ctx, s, as(key, h))
	}
}

// as tells another key.
func as(key string, h transport.Handler) transport.Handler {
	return func(ctx context.Context, d transport.Delivery) transport.Verdict {
		d.Key = key
		return h(ctx, d)
	}
}

// onlyOne gives messages to one receiver of a key while it is there, unless it
// is told how many handlers may run.
func onlyOne(w *wrapped) {
	var active sync.Map
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		if s.MaxInFlight != 0 {
			return w.local.Subscribe(ctx, s, h)
		}
		if _, taken := active.LoadOrStore(s.Key, true); taken && s.Key != "" {
			<-ctx.Done()
			return nil
		}
		defer active.Delete(s.Key)
		return w.local.Subscribe(ctx, s, h)
	}
}

// sharesTemporary has temporary receivers share a queue, but for probes: all of
// them might go to one.
func sharesTemporary(w *wrapped) {
	var taken sync.Map
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		if s.Key != "" {
			return w.local.Subscribe(ctx, s, h)
		}
		return w.local.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
			if d.ContentType == "text/plain" {
				if _, again := taken.LoadOrStore(d.ID, true); again {
					return transport.Ack()
				}
			}
			return h(ctx, d)
		})
	}
}

// keepsTemporary goes on for a while when a temporary subscription has ended.
func keepsTemporary(w *wrapped) {
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		if _, err := s.Check(); s.Key != "" || err != nil {
			return w.local.Subscribe(ctx, s, h)
		}
		longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), transporttest.Patience)
		context.AfterFunc(longer, cancel)
		go func() { _ = w.local.Subscribe(longer, s, h) }()
		<-ctx.Done()
		return nil
	}
}

// declaresOnce fails for a receiver that is declared already.
func declaresOnce(w *wrapped) {
	var known sync.Map
	w.declare = func(ctx context.Context, s transport.Subscription) error {
		if _, again := known.LoadOrStore(s.Key, true); again {
			return errors.New("there is one already")
		}
		return w.local.Declare(ctx, s)
	}
}

// emptiesDeclared forgets what waits for a receiver that is declared again,
// while nobody is there.
func emptiesDeclared(w *wrapped) {
	active := make(chan int, 1) // no mutex: time does not go on for who waits for one
	active <- 0
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		count := func(n int) { active <- n + <-active }
		count(1)
		defer count(-1)
		return w.local.Subscribe(ctx, s, h)
	}
	w.declare = func(ctx context.Context, s transport.Subscription) error {
		n := <-active
		defer func() { active <- n }()
		if n == 0 {
			empty(w, s)
		}
		return w.local.Declare(ctx, s)
	}
}

// empty takes what waits for a receiver.
func empty(w *wrapped, s transport.Subscription) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_ = w.local.Subscribe(ctx, s, func(context.Context, transport.Delivery) transport.Verdict { return transport.Ack() })
}

func emptiesAtEnd(w *wrapped, s transport.Subscription) error {
	if s.Key != "" {
		empty(w, s)
	}
	return nil
}

func failsAtEnd(*wrapped, transport.Subscription) error { return context.Canceled }

// leavesHandlers ends a subscription while its handler has a message of some
// number.
func leavesHandlers(number string) build {
	return changed(func(w *wrapped) {
		w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
			var has atomic.Bool
			left, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				ended <- w.local.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
					has.Store(strings.HasSuffix(d.ID, number))
					return h(ctx, d)
				})
			}()
			context.AfterFunc(ctx, func() {
				if has.Load() {
					close(left)
				}
			})
			select {
			case err := <-ended:
				return err
			case <-left:
				return nil
			}
		}
	})
}

// endsHandlers gives handlers a context that ends with the subscription.
func endsHandlers(w *wrapped) {
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		return w.local.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict { return h(ctx, d) })
	}
}

// losesLastAck forgets what a handler says that has outlived its subscription
// for a while.
func losesLastAck(w *wrapped) {
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		return w.local.Subscribe(ctx, s, func(handling context.Context, d transport.Delivery) transport.Verdict {
			begun := time.Now()
			v := h(handling, d)
			if ctx.Err() != nil && time.Since(begun) > 50*time.Millisecond {
				return transport.Retry(0, "lost")
			}
			return v
		})
	}
}

func oneAtATime(s *transport.Subscription) { s.MaxInFlight = min(s.MaxInFlight, 1) }

func oneMore(s *transport.Subscription) {
	if s.MaxInFlight > 1 {
		s.MaxInFlight++
	}
}

// takesForLater has a message wait for the one handler.
func takesForLater(w *wrapped) {
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		if s.MaxInFlight != 1 {
			return w.local.Subscribe(ctx, s, h)
		}
		slots := make(chan struct{}, 1)
		s.MaxInFlight = 2
		return w.local.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
			slots <- struct{}{}
			defer func() { <-slots }()
			return h(ctx, d)
		})
	}
}

func oneAttemptMore(s *transport.Subscription) {
	if s.MaxAttempts > 0 {
		s.MaxAttempts++
	}
}

func anyAttempts(s *transport.Subscription) {
	if s.MaxAttempts > 0 {
		s.MaxAttempts = 1000
	}
}

// takesNegative takes negative numbers for 0.
func takesNegative(s *transport.Subscription) { s.MaxInFlight = max(0, s.MaxInFlight) }

// takesNoSense says nothing of a subscription that makes no sense.
func takesNoSense(w *wrapped) {
	w.subscribe = func(ctx context.Context, s transport.Subscription, h transport.Handler) error {
		if _, err := s.Check(); err != nil {
			return nil
		}
		return w.local.Subscribe(ctx, s, h)
	}
}
