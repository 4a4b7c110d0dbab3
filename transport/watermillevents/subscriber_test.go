package watermillevents_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lib "github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

const placed = "order.placed"

// subscribed is a subscriber's channel, with n messages waiting.
func subscribed(t *testing.T, ctx context.Context, l *transport.Local, s *watermillevents.Subscriber, n int) <-chan *message.Message {
	t.Helper()
	messages, err := s.Subscribe(ctx, placed)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := l.Publish(t.Context(), transport.Message{ID: fmt.Sprint(i), Event: placed}); err != nil {
			t.Fatal(err)
		}
	}
	return messages
}

// letters are the dead letters of the key mail.
func letters(t *testing.T, l *transport.Local) (all []transport.DeadLetter) {
	t.Helper()
	if _, err := l.EachDeadLetter(t.Context(), placed, "mail", func(d transport.DeadLetter) transport.Disposal {
		all = append(all, d)
		return transport.Keep
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// A nacked message comes again, each time after a longer while, and is a dead
// letter after its last attempt.
func TestNack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			options []watermillevents.SubscriberOption
			want    []time.Duration
		}{
			{nil, []time.Duration{0, time.Second, 3 * time.Second}},
			{[]watermillevents.SubscriberOption{watermillevents.NackDelay(func(attempt int) time.Duration { return time.Duration(attempt) * time.Hour })},
				[]time.Duration{0, time.Hour, 3 * time.Hour}},
		} {
			var l transport.Local
			s := watermillevents.NewSubscriber(&l, transport.Subscription{Key: "mail", MaxAttempts: 3}, c.options...)
			start := time.Now()
			messages := subscribed(t, t.Context(), &l, s, 1)
			var times []time.Duration
			for range c.want {
				m := <-messages
				times = append(times, time.Since(start))
				m.Nack()
			}
			synctest.Wait()
			if !slices.Equal(times, c.want) {
				t.Errorf("it came after %v, want %v", times, c.want)
			}
			if all := letters(t, &l); len(all) != 1 || all[0].Reason != "given up after 3 attempts: nacked" {
				t.Errorf("the dead letters are %+v", all)
			}
			_ = s.Close()
		}
	})
}

// The end of a subscription, by its context and by Close.
var ends = map[string]func(cancel func(), s *watermillevents.Subscriber){
	"context": func(cancel func(), s *watermillevents.Subscriber) { cancel() },
	"close":   func(cancel func(), s *watermillevents.Subscriber) { _ = s.Close() },
}

// ending runs a test for each way to end a subscription.
func ending(t *testing.T, test func(t *testing.T, l *transport.Local, messages <-chan *message.Message, end func())) {
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l transport.Local
				s := watermillevents.NewSubscriber(&l, transport.Subscription{Key: "mail"})
				defer s.Close()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				test(t, &l, subscribed(t, ctx, &l, s, 1), func() { end(cancel, s) })
			})
		})
	}
}

// A message that nobody has taken is there for the next, and what ended at once.
func TestEndWithoutTaking(t *testing.T) {
	ending(t, func(t *testing.T, l *transport.Local, messages <-chan *message.Message, end func()) {
		start := time.Now()
		synctest.Wait() // it is about to be handed out
		end()
		if _, open := <-messages; open || time.Since(start) > 0 {
			t.Errorf("the channel is open (%v), or took %v to close", open, time.Since(start))
		}
		next(t, l, "0")
	})
}

// next takes the message that comes next.
func next(t *testing.T, l *transport.Local, uuid string) {
	t.Helper()
	s := watermillevents.NewSubscriber(l, transport.Subscription{Key: "mail"})
	defer s.Close()
	m := <-subscribed(t, t.Context(), l, s, 0)
	if m.UUID != uuid {
		t.Errorf("%q came next, want %q", m.UUID, uuid)
	}
	m.Ack()
	synctest.Wait()
}

// Who has a message learns of the end, and may still settle it.
func TestEndBeforeAck(t *testing.T) {
	ending(t, func(t *testing.T, l *transport.Local, messages <-chan *message.Message, end func()) {
		m := <-messages
		go end()
		<-m.Context().Done()
		time.Sleep(4 * time.Second)
		m.Ack()
		if _, open := <-messages; open {
			t.Error("the channel is open")
		}
		if err := l.Publish(t.Context(), transport.Message{ID: "1", Event: placed}); err != nil {
			t.Fatal(err)
		}
		next(t, l, "1")
	})
}

// What is never settled comes again.
func TestEndWithoutAck(t *testing.T) {
	ending(t, func(t *testing.T, l *transport.Local, messages <-chan *message.Message, end func()) {
		<-messages
		start := time.Now()
		go end()
		<-messages
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("it waited %v for the Ack", took)
		}
		next(t, l, "0")
	})
}

// A message's context has the values of the subscription's, and ends by Ack.
func TestMessageContext(t *testing.T) {
	type key struct{}
	var l transport.Local
	s := watermillevents.NewSubscriber(&l, transport.Subscription{Key: "mail"})
	defer s.Close()
	m := got(t, subscribed(t, context.WithValue(t.Context(), key{}, "value"), &l, s, 1), "the message")
	if m.Context().Value(key{}) != "value" || m.Context().Err() != nil {
		t.Errorf("got the context %v, %v", m.Context(), m.Context().Err())
	}
	m.Ack()
	<-m.Context().Done()
}

func TestSubscribeRefuses(t *testing.T) {
	var l transport.Local
	s := watermillevents.NewSubscriber(&l, transport.Subscription{Key: "mail"})
	var wrong *transport.SubscriptionError
	if _, err := s.Subscribe(t.Context(), "order placed"); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if err := s.SubscribeInitialize("order placed"); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := s.Subscribe(t.Context(), placed); !errors.Is(err, watermillevents.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := s.SubscribeInitialize(placed); !errors.Is(err, watermillevents.ErrClosed) {
		t.Errorf("got %v", err)
	}
	undeclared := watermillevents.NewSubscriber(struct{ transport.Transport }{&l}, transport.Subscription{Key: "mail"})
	defer undeclared.Close()
	if err := undeclared.SubscribeInitialize(placed); err == nil || !strings.Contains(err.Error(), "not a transport.Declarer") {
		t.Errorf("got %v", err)
	}
	down := watermillevents.NewSubscriber(undeclarable{&l}, transport.Subscription{Key: "mail"})
	defer down.Close()
	if _, err := down.Subscribe(t.Context(), placed); !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
}

var errDown = errors.New("it is down")

// undeclarable is a transport whose Declare fails.
type undeclarable struct{ transport.Transport }

func (undeclarable) Declare(context.Context, transport.Subscription) error { return errDown }

// faltering is a transport whose first subscription fails.
type faltering struct {
	*transport.Local
	failed bool
}

func (f *faltering) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	if !f.failed {
		f.failed = true
		return errDown
	}
	return f.Local.Subscribe(ctx, s, h)
}

// logged counts errors that are logged.
type logged struct {
	lib.NopLogger
	errs []error
}

func (l *logged) Error(_ string, err error, _ lib.LogFields) { l.errs = append(l.errs, err) }

func TestSubscriptionIsBegunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &faltering{Local: &transport.Local{}}
		var log logged
		s := watermillevents.NewSubscriber(x, transport.Subscription{Key: "mail"}, watermillevents.Logger(&log))
		defer s.Close()
		start := time.Now()
		m := <-subscribed(t, t.Context(), x.Local, s, 1)
		m.Ack()
		if took := time.Since(start); took != time.Second || len(log.errs) != 1 || log.errs[0] != errDown {
			t.Errorf("it came after %v; logged is %v", took, log.errs)
		}
	})
}

// tiring is a transport whose subscriptions end after a day.
type tiring struct {
	transport.Transport
	ended  time.Time
	pauses []time.Duration
}

func (x *tiring) Subscribe(ctx context.Context, _ transport.Subscription, _ transport.Handler) error {
	if !x.ended.IsZero() {
		x.pauses = append(x.pauses, time.Since(x.ended))
	}
	select {
	case <-time.After(24 * time.Hour):
	case <-ctx.Done():
		return nil
	}
	x.ended = time.Now()
	return errDown
}

// A subscription that was well for long is begun again soon, each time.
func TestSubscriptionIsBegunAgainSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &tiring{}
		s := watermillevents.NewSubscriber(x, transport.Subscription{Key: "mail"})
		ctx, stop := context.WithTimeout(t.Context(), 100*time.Hour)
		defer stop()
		messages, err := s.Subscribe(ctx, placed)
		if err != nil {
			t.Fatal(err)
		}
		for range messages {
			t.Error("a message came")
		}
		if want := []time.Duration{time.Second, time.Second, time.Second, time.Second}; !slices.Equal(x.pauses, want) {
			t.Errorf("begun again after %v, want %v", x.pauses, want)
		}
	})
}

func TestNoLogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := &faltering{Local: &transport.Local{}}
		s := watermillevents.NewSubscriber(x, transport.Subscription{Key: "mail"}, watermillevents.Logger(nil))
		defer s.Close()
		m := <-subscribed(t, t.Context(), x.Local, s, 1)
		m.Ack()
	})
}
