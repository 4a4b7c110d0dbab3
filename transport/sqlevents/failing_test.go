package sqlevents_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/sqlevents"
)

// soon is a retry policy for tests.
var soon = sqlevents.Retry(func(int) time.Duration { return 5 * time.Millisecond })

// A message that fails holds back its key, until it is a dead letter.
func TestAfterTheLastAttemptAMessageIsADeadLetter(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		var broken atomic.Bool
		broken.Store(true)
		inner.fails = func(m transport.Message) error {
			if broken.Load() && m.ID == "poison" {
				return errTest
			}
			return nil
		}
		o := x.outbox(t, inner, soon, sqlevents.MaxAttempts(3))
		publish(t, o, keyed("poison", "placed", "a"), keyed("behind", "placed", "a"), keyed("other", "placed", "b"))
		flush(t, o)
		if got := inner.ids(); !slices.Contains(got, "behind") || !slices.Contains(got, "other") || len(got) != 2 {
			t.Errorf("published are %q", got)
		}
		letter := theLetter(t, o, "placed", transport.Keep)
		if letter.ID != "poison" || letter.Reason != "given up after 3 attempts: not today" || letter.Attempt != 3 || letter.OrderKey() != "a" || time.Since(letter.At).Abs() > time.Minute {
			t.Errorf("got %+v", letter)
		}
		if s, err := o.OutboxStats(t.Context()); err != nil || s.Backlog != (transport.Backlog{Dead: 1}) {
			t.Errorf("got %+v, %v", s, err)
		}
		broken.Store(false)
		theLetter(t, o, "placed", transport.Replay)
		inner.await(t, 3)
		if n, err := o.EachDeadLetter(t.Context(), "placed", "", nil); n != 0 || err != nil {
			t.Errorf("%d dead letters are left: %v", n, err)
		}
	})
}

// theLetter disposes of the only dead letter of an event.
func theLetter(t *testing.T, o *sqlevents.Transport, event string, d transport.Disposal) (letter transport.DeadLetter) {
	t.Helper()
	n, err := o.EachDeadLetter(t.Context(), event, "", func(l transport.DeadLetter) transport.Disposal {
		letter = l
		return d
	})
	if n != 1 || err != nil {
		t.Fatalf("there are %d dead letters: %v", n, err)
	}
	return letter
}

func TestWhatCannotBePublishedIsADeadLetterAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		o := x.outbox(t, &transport.Local{})
		publish(t, o, message("1", "placed"))
		flush(t, o)
		letter := theLetter(t, o, "placed", transport.Discard)
		if letter.Reason != "nobody receives event placed: subscribe or declare a receiver before publishing" || letter.Attempt != 1 || string(letter.Body) != "1" {
			t.Errorf("got %+v", letter)
		}
		if n, err := o.EachDeadLetter(t.Context(), "placed", "", nil); n != 0 || err != nil {
			t.Errorf("%d dead letters are left: %v", n, err)
		}
		inner := newRecorder()
		inner.fails = func(m transport.Message) error {
			return &transport.MessageError{ID: m.ID, Event: m.Event, Problem: "it is too large"}
		}
		other := x.apart(t)
		o = other.outbox(t, inner)
		publish(t, o, message("1", "placed"))
		flush(t, o)
		theLetter(t, o, "placed", transport.Keep)
	})
}

// While the broker can't be reached, no attempt counts, and the order stays.
func TestUnreachableBrokerIsNoAttempt(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		var tries atomic.Int32
		reached := make(chan struct{})
		var once sync.Once
		inner.fails = func(transport.Message) error {
			if tries.Add(1) <= 3 {
				return &net.OpError{Op: "dial", Err: errors.New("connection refused")}
			}
			once.Do(func() { close(reached) })
			return nil
		}
		o := x.outbox(t, inner, sqlevents.MaxAttempts(1))
		publish(t, o, keyed("1", "placed", "a"), keyed("2", "placed", "a"), keyed("3", "placed", "a"))
		<-reached
		flush(t, o)
		if got := inner.ids(); !slices.Equal(got, []string{"1", "2", "3"}) {
			t.Errorf("published are %q", got)
		}
		if b, err := o.OutboxStats(t.Context()); err != nil || b.Dead != 0 {
			t.Errorf("got %+v, %v", b, err)
		}
	})
}

func TestBacklogCountsTheOutbox(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		local := &transport.Local{}
		var stuck atomic.Bool
		o := x.outbox(t, refusing{local, &stuck}, sqlevents.Retry(func(int) time.Duration { return time.Hour }))
		if err := o.Declare(t.Context(), transport.Subscription{Event: "placed", Key: "mail"}); err != nil {
			t.Fatal(err)
		}
		publish(t, o, message("1", "placed"))
		flush(t, o)
		stuck.Store(true)
		publish(t, o, message("2", "placed"), message("elsewhere", "paid"))
		var b transport.Backlog
		for b.Retrying == 0 { // it fails soon
			var err error
			if b, err = o.Backlog(t.Context(), "placed", "mail"); err != nil {
				t.Fatal(err)
			}
		}
		if b.Oldest <= 0 || b.Oldest > time.Hour {
			t.Errorf("the oldest is %v", b.Oldest)
		}
		if b.Oldest = 0; b != (transport.Backlog{Waiting: 1, Retrying: 1}) {
			t.Errorf("got %+v", b)
		}
	})
}

// refusing is a transport.Local that refuses messages while it is stuck.
type refusing struct {
	*transport.Local
	stuck *atomic.Bool
}

func (r refusing) Publish(ctx context.Context, m transport.Message) error {
	if r.stuck.Load() {
		return errTest
	}
	return r.Local.Publish(ctx, m)
}

// A panic of the inner transport or of a function of the application is a failed attempt. It
// is logged with its stack, and does not end the process.
func TestPanicIsAFailedAttempt(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		inner := newRecorder()
		var tries atomic.Int32
		inner.fails = func(m transport.Message) error {
			if m.ID == "1" && tries.Add(1) < 3 {
				panic("at the broker")
			}
			return nil
		}
		var log strings.Builder
		o := x.outbox(t, inner, sqlevents.Logger(slog.New(slog.NewTextHandler(&log, nil))), sqlevents.Retry(func(attempt int) time.Duration {
			if attempt == 1 {
				panic("at the policy")
			}
			return 0
		}))
		publish(t, o, keyed("1", "placed", "a"), keyed("2", "placed", "a"))
		inner.await(t, 2)
		if got := inner.ids(); !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("published are %q", got)
		}
		if err := o.Close(); err != nil { // then nobody logs
			t.Error(err)
		}
		for _, want := range []string{
			`reason="it panicked: at the broker (and the function of sqlevents.Retry: it panicked: at the policy)" stack="goroutine `,
			`attempt=2 after=0s reason="it panicked: at the broker" stack="goroutine `, "TestPanicIsAFailedAttempt",
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("logged is\n%s\nwant %s", log.String(), want)
			}
		}
	})
}

func TestPanicOfOrderByIsAnError(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		o := x.outbox(t, newRecorder(), sqlevents.OrderBy(func(transport.Message) string { panic("no key") }))
		var problem *transport.MessageError
		if err := o.Publish(t.Context(), message("1", "placed")); !errors.As(err, &problem) || problem.Problem != "the function of sqlevents.OrderBy: it panicked: no key" {
			t.Errorf("got %v", err)
		}
	})
}

// After the database has failed, it may assign an ID again, because it has lost a commit. The
// event that has the ID now is published, too.
func TestIDIsAssignedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, x space) {
		restart, ok := map[sqlevents.Dialect]string{
			sqlevents.PostgreSQL: " ALTER id RESTART WITH 1",
			sqlevents.MariaDB:    " AUTO_INCREMENT = 1",
		}[x.dialect]
		if !ok {
			t.Skip("one file has no replica")
		}
		inner, failed := newRecorder(), make(chan struct{}, 100)
		inner.fails = func(m transport.Message) error {
			if m.ID == "1" { // the row can't be deleted
				x.exec(t, "ALTER TABLE "+x.prefix+"outbox RENAME TO "+x.prefix+"away")
			}
			return nil
		}
		o := x.outbox(t, inner, sqlevents.Logger(slog.New(slog.NewTextHandler(signals(failed), nil))))
		publish(t, o, message("1", "placed"))
		inner.await(t, 1)
		<-failed
		x.exec(t, "DELETE FROM "+x.prefix+"away")
		x.exec(t, "ALTER TABLE "+x.prefix+"away"+restart)
		x.exec(t, "ALTER TABLE "+x.prefix+"away RENAME TO "+x.prefix+"outbox")
		publish(t, o, message("2", "placed"))
		if id := x.number(t, "SELECT coalesce(max(id), 1) FROM "+x.prefix+"outbox"); id != 1 {
			t.Errorf("the ID is %d", id)
		}
		inner.await(t, 2)
		flush(t, o)
	})
}

// signals is a writer that sends a value for each record.
type signals chan struct{}

func (s signals) Write(p []byte) (int, error) { s <- struct{}{}; return len(p), nil }
