package faults_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

// forgetful says that it keeps an event, and does not, every third time.
type forgetful struct {
	transport.Transport
	calls int
}

func (f *forgetful) Publish(ctx context.Context, m transport.Message) error {
	if f.calls++; f.calls%3 == 0 {
		return nil
	}
	return f.Transport.Publish(ctx, m)
}

// hasty acknowledges messages before they are handled.
type hasty struct{ transport.Transport }

func (h hasty) Subscribe(ctx context.Context, s transport.Subscription, handler transport.Handler) error {
	return h.Transport.Subscribe(ctx, s, func(ctx context.Context, d transport.Delivery) transport.Verdict {
		go func() {
			defer func() { _ = recover() }()
			time.Sleep(late)
			handler(ctx, d)
		}()
		return transport.Ack()
	})
}

// late is enough for the acknowledgement to have been taken.
const late = 200 * time.Millisecond

// stuttering publishes everything twice.
type stuttering struct{ transport.Transport }

func (s stuttering) Publish(ctx context.Context, m transport.Message) error {
	if err := s.Transport.Publish(ctx, m); err != nil {
		return err
	}
	return s.Transport.Publish(ctx, m)
}

// timid keeps an event and says that it does not.
type timid struct{ transport.Transport }

func (f timid) Publish(ctx context.Context, m transport.Message) error {
	if err := f.Transport.Publish(ctx, m); err != nil {
		return err
	}
	return context.DeadlineExceeded
}

// The ledger finds out a transport that lies. Of 9 events, the handler of every
// third crashes in its first attempt.
func TestLiesAreFoundOut(t *testing.T) {
	for _, tt := range []struct {
		name string
		lie  func(transport.Transport) transport.Transport
		want summary
	}{
		{"honest", func(x transport.Transport) transport.Transport { return x }, summary{Sent: 9, Confirmed: 9, Handled: 9}},
		{"confirms what it has not kept", func(x transport.Transport) transport.Transport { return &forgetful{Transport: x} }, summary{Sent: 9, Confirmed: 9, Handled: 6, Lost: 3}},
		{"acknowledges too early", func(x transport.Transport) transport.Transport { return hasty{x} }, summary{Sent: 9, Confirmed: 9, Handled: 6, Lost: 3}},
		{"publishes twice", func(x transport.Transport) transport.Transport { return stuttering{x} }, summary{Sent: 9, Confirmed: 9, Handled: 9, Doubled: 9}},
		{"never confirms", func(x transport.Transport) transport.Transport { return timid{x} }, summary{Sent: 9, Handled: 9, Surprises: 9}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScenario(t)
			synctest.Test(t, func(t *testing.T) { s.crashing(t, tt.lie(&transport.Local{})) })
			if got := s.read().summary(); got != tt.want {
				t.Errorf("got  %v\nwant %v", got, tt.want)
			}
		})
	}
}

// crashing publishes 9 events to a handler that crashes.
func (s *scenario) crashing(t *testing.T, x transport.Transport) {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	var crashed sync.Map // by ID: a hasty transport's handlers run at the same time
	go func() {
		ended <- x.Subscribe(ctx, transport.Subscription{Event: order.Event, Key: order.Key}, func(ctx context.Context, d transport.Delivery) transport.Verdict {
			if _, again := crashed.LoadOrStore(d.ID, true); d.ID[0]%3 == 0 && !again {
				panic("crashed")
			}
			return noting(s.record)(ctx, d)
		})
	}()
	synctest.Wait()
	for i := range 9 {
		id := fmt.Sprint(i)
		s.record.note(sent, id)
		if x.Publish(ctx, event(id)) == nil {
			s.record.note(confirmed, id)
		}
		synctest.Wait()
	}
	time.Sleep(time.Hour) // whatever comes again has come
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A receiver that acknowledges too early and is killed loses events: so the kills
// hit where it matters.
func TestKillFindsHaste(t *testing.T) {
	slow(t)
	t.Parallel()
	s, at := newScenario(t), newSite(t, natsEmbedded)
	const killed = 3
	for n := range killed {
		c := start(t, childVariable, task{Site: at, Record: s.ledger.path, Name: fmt.Sprint(n), Publish: eachRound, Receive: true, Hang: hangs, Hasty: true})
		c.await(inside)
		c.kill()
	}
	c := start(t, childVariable, task{Site: at, Record: s.ledger.path, Receive: true})
	const longEnough = 5 * time.Second // for what may come again to come
	if within(longEnough, func() bool { return len(s.read().lost()) == 0 }) {
		t.Error("nothing is lost")
	}
	c.end()
	t.Log(s.read().summary())
}
