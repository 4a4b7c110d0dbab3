package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rollcall-go/rollcall/transport"
)

type placed struct {
	ID string `json:"id"`
}

// one receives what is published, in a bubble whose time passes at once.
func one(t *testing.T, r *transport.Receiver, test func(l *transport.Local, d *transport.Publisher)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &transport.Local{}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- r.Receive(ctx, l, "order.placed") }()
		synctest.Wait()
		test(l, transport.NewPublisher(l))
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func letters(t *testing.T, l *transport.Local, key string) []string {
	t.Helper()
	var list []string
	if _, err := l.EachDeadLetter(context.Background(), "order.placed", key, func(d transport.DeadLetter) transport.Disposal {
		list = append(list, fmt.Sprintf("%s after %d: %s", d.Body, d.Attempt, d.Reason))
		return transport.Keep
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestDispatchAndReceive(t *testing.T) {
	var got []string
	r := transport.NewReceiver("mail", func(ctx context.Context, p *placed) error {
		d, ok := transport.DeliveryOf(ctx)
		got = append(got, fmt.Sprint(p.ID, " ", d.Event, " ", d.Attempt, " ", ok, " ", d.ID != ""))
		return nil
	})
	one(t, r, func(l *transport.Local, d *transport.Publisher) {
		if err := errors.Join(d.Publish(t.Context(), "order.placed", &placed{"7"}), d.Publish(t.Context(), "order.placed")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
	})
	if want := "[7 order.placed 1 true true  order.placed 1 true true]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if _, ok := transport.DeliveryOf(t.Context()); ok {
		t.Error("there is a delivery where there is none")
	}
}

// A refused event comes again: at once, after a time, or after one that grows.
func TestRefuse(t *testing.T) {
	var at []time.Duration
	var begun time.Time
	answers := []error{transport.RefuseFor(0), fmt.Errorf("closed: %w", transport.RefuseFor(time.Hour)), errors.New("failed"), errors.New("failed"), nil}
	r := transport.NewReceiver("mail", func(context.Context, placed) error {
		at = append(at, time.Since(begun))
		return answers[len(at)-1]
	})
	r.Subscription.Retry = transport.Backoff
	one(t, r, func(l *transport.Local, d *transport.Publisher) {
		begun = time.Now()
		if err := d.Publish(t.Context(), "order.placed", placed{"7"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if got := letters(t, l, "mail"); got != nil {
			t.Errorf("dead letters: %v", got)
		}
	})
	if want := "[0s 0s 1h0m0s 1h0m4s 1h0m12s]"; fmt.Sprint(at) != want {
		t.Errorf("it came at %v, want %s", at, want)
	}
}

// A function may give an event up at once, also by an error that others wrap.
func TestDead(t *testing.T) {
	invalid := errors.New("the address is invalid")
	answers := []error{
		transport.Dead(invalid),
		fmt.Errorf("mail: %w", transport.Dead(invalid)),
		errors.Join(transport.RefuseFor(time.Hour), transport.Dead(invalid)),
		transport.Dead(nil),
	}
	calls := 0
	r := transport.NewReceiver("mail", func(context.Context, placed) error { calls++; return answers[calls-1] })
	one(t, r, func(l *transport.Local, d *transport.Publisher) {
		for range answers {
			if err := d.Publish(t.Context(), "order.placed", placed{"7"}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Hour)
		want := []string{
			`{"id":"7"} after 1: the address is invalid`,
			`{"id":"7"} after 1: mail: the address is invalid`,
			`{"id":"7"} after 1: refused for 1h0m0s` + "\n" + `the address is invalid`,
			`{"id":"7"} after 1: given up without a reason`,
		}
		if got := letters(t, l, "mail"); !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
	if err := transport.Dead(invalid); !errors.Is(err, invalid) {
		t.Errorf("%v does not unwrap", err)
	}
}

// What can't be decoded becomes a dead letter, and is neither dropped nor
// tried again.
func TestUndecodable(t *testing.T) {
	calls := 0
	r := transport.NewReceiver("mail", func(context.Context, *placed) error { calls++; return nil })
	one(t, r, func(l *transport.Local, d *transport.Publisher) {
		for i, m := range []transport.Message{
			{ContentType: "application/json", Body: []byte(`{"id":`)},
			{ContentType: "application/json; charset=utf-8", Body: []byte(`{"id":7}`)},
			{ContentType: "text/plain", Body: []byte(`7`)},
			{ContentType: `a"b`, Body: []byte(`8`)},
			{Body: []byte(`9`)},
			{ContentType: "application/json", Body: []byte(`null`)},
			{ContentType: "application/json; charset=utf-8", Body: []byte(`{"id":"good"}`)},
		} {
			m.ID, m.Event = fmt.Sprint("m", i), "order.placed"
			if err := l.Publish(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		want := []string{
			`{"id": after 1: event order.placed can't be decoded from "application/json": unexpected end of JSON input`,
			`{"id":7} after 1: event order.placed can't be decoded from "application/json; charset=utf-8": json: cannot unmarshal number into Go struct field placed.id of type string`,
			`7 after 1: event order.placed can't be decoded from "text/plain": no codec has this content type`,
			`8 after 1: event order.placed can't be decoded from "a\"b": no codec has this content type`,
			`9 after 1: event order.placed can't be decoded from "": no codec has this content type`,
			`null after 1: event order.placed can't be decoded from "application/json": there is no event: it is null`,
		}
		if got := letters(t, l, "mail"); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got  %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// indented is a codec with a content type of its own.
type indented struct{ transport.JSON }

func (indented) ContentType() string              { return "application/indented" }
func (indented) Encode(event any) ([]byte, error) { return json.MarshalIndent(event, "", " ") }

// parameterized is a codec whose content type is written otherwise than most.
type parameterized struct{ transport.JSON }

func (parameterized) ContentType() string { return "Application/JSON; charset=utf-8" }

func TestCodecWithParameter(t *testing.T) {
	var got []string
	r := transport.NewReceiver("mail", func(_ context.Context, p placed) error { got = append(got, p.ID); return nil })
	one(t, r.WithCodecs(parameterized{}), func(l *transport.Local, d *transport.Publisher) {
		if err := d.WithCodec(parameterized{}).Publish(t.Context(), "order.placed", placed{"1"}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(got) != 1 {
			t.Errorf("got %q, and dead letters %q", got, letters(t, l, "mail"))
		}
	})
}

func TestCodecs(t *testing.T) {
	var got []string
	r := transport.NewReceiver("mail", func(ctx context.Context, p placed) error {
		d, _ := transport.DeliveryOf(ctx)
		got = append(got, p.ID+" "+d.ContentType)
		return nil
	})
	one(t, r.WithCodecs(transport.JSON{}, indented{}), func(l *transport.Local, d *transport.Publisher) {
		if err := errors.Join(d.Publish(t.Context(), "order.placed", placed{"1"}), d.WithCodec(indented{}).Publish(t.Context(), "order.placed", placed{"2"})); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if err := d.Publish(t.Context(), "order.placed", func() {}); err == nil || !strings.Contains(err.Error(), "event order.placed can't be encoded: json: unsupported type") {
			t.Errorf("got %v", err)
		}
		var problem *transport.MessageError
		if err := d.Publish(t.Context(), "order.placed", 1, 2); !errors.As(err, &problem) {
			t.Errorf("got %v", err)
		}
		if err := d.Publish(t.Context(), "order.placed", (*placed)(nil)); !errors.As(err, &problem) || problem.Problem != "its event is a nil *transport_test.placed" {
			t.Errorf("got %v", err)
		}
	})
	if want := "[1 application/json 2 application/indented]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// The relay acknowledges only what the other transport has confirmed.
func TestRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from, to := &transport.Local{}, &transport.Local{}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- transport.Relay(ctx, from, transport.Subscription{Event: "order.placed", Key: "relay"}, to)
		}()
		synctest.Wait()
		m := transport.Message{ID: "7", Event: "order.placed", Headers: map[string]string{"a": "b"}, Body: []byte("x")}
		if err := from.Publish(ctx, m); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Second) // nobody receives it there: not confirmed, so it is kept here
		if err := to.Declare(ctx, transport.Subscription{Event: "order.placed", Key: "there"}); err != nil {
			t.Fatal(err)
		}
		var got transport.Delivery
		r, end := context.WithCancel(t.Context())
		if err := to.Subscribe(r, transport.Subscription{Event: "order.placed", Key: "there"}, func(_ context.Context, d transport.Delivery) transport.Verdict {
			got = d
			end()
			return transport.Ack()
		}); err != nil {
			t.Fatal(err)
		}
		if got.ID != "7" || got.Headers["a"] != "b" || string(got.Body) != "x" || got.Key != "there" || got.Attempt != 1 {
			t.Errorf("got %+v", got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// refusing is a transport that can carry nothing.
type refusing struct{ transport.Local }

func (*refusing) Publish(_ context.Context, m transport.Message) error {
	return &transport.MessageError{ID: m.ID, Event: m.Event, Problem: "it is too large"}
}

// What the other transport can't carry is not tried again.
func TestRelayOfTheImpossible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &transport.Local{}
		s := transport.Subscription{Event: "order.placed", Key: "relay"}
		if err := errors.Join(from.Declare(t.Context(), s), from.Publish(t.Context(), transport.Message{ID: "7", Event: s.Event})); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- transport.Relay(ctx, from, s, &refusing{}) }()
		synctest.Wait()
		want := []string{` after 1: message "7" of event "order.placed" can't be published: it is too large`}
		if got := letters(t, from, s.Key); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestVerdict(t *testing.T) {
	s := transport.Subscription{Event: "e", Key: "k", MaxAttempts: 2, Retry: transport.Backoff}
	for _, tt := range []struct {
		verdict transport.Verdict
		attempt int
		want    string
	}{
		{transport.Verdict{}, 1, "ack"},
		{transport.Ack(), 9, "ack"},
		{transport.Retry(-1, "no"), 1, "retry after 0s: no"},
		{transport.Retry(time.Minute, "no"), 2, "reject: given up after 2 attempts: no"},
		{transport.Reject("no"), 1, "reject: no"},
	} {
		v := transport.Decide(t.Context(), s, func(context.Context, transport.Delivery) transport.Verdict { return tt.verdict }, transport.Delivery{Attempt: tt.attempt})
		_, retry := v.Retry()
		_, rejected := v.Rejected()
		if v.String() != tt.want || v.IsAck() == (retry || rejected) {
			t.Errorf("%v in attempt %d: got %v, want %s", tt.verdict, tt.attempt, v, tt.want)
		}
	}
	v := transport.Decide(t.Context(), s, func(context.Context, transport.Delivery) transport.Verdict { panic("oh") }, transport.Delivery{Attempt: 1})
	if v.String() != "retry after 1s: the handler panicked: oh" {
		t.Errorf("got %v", v)
	}
}

// The subscription decides when a failed message comes again, unless the function does.
func TestRetryPolicy(t *testing.T) {
	var at []time.Duration
	var begun time.Time
	r := transport.NewReceiver("mail", func(context.Context, placed) error {
		switch at = append(at, time.Since(begun)); len(at) {
		case 1:
			return errors.New("failed")
		case 2:
			panic("failed")
		case 3:
			return transport.RefuseFor(time.Minute)
		case 4:
			runtime.Goexit()
		}
		return nil
	})
	r.Subscription.Retry = func(attempt int) time.Duration { return time.Duration(attempt) * time.Hour }
	one(t, r, func(_ *transport.Local, d *transport.Publisher) {
		begun = time.Now()
		if err := d.Publish(t.Context(), "order.placed", placed{"7"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
	})
	if want := "[0s 1h0m0s 3h0m0s 3h1m0s 7h1m0s]"; fmt.Sprint(at) != want {
		t.Errorf("it came at %v, want %s", at, want)
	}
}

// A handler's context ends after the timeout, and what the handler then returns counts.
func TestTimeout(t *testing.T) {
	var ended []time.Duration
	r := transport.NewReceiver("mail", func(ctx context.Context, p placed) error {
		begun := time.Now()
		<-ctx.Done()
		ended = append(ended, time.Since(begun))
		if p.ID == "good" {
			return nil
		}
		return transport.Dead(ctx.Err())
	})
	r.Subscription.Timeout = time.Minute
	one(t, r, func(l *transport.Local, d *transport.Publisher) {
		if err := errors.Join(d.Publish(t.Context(), "order.placed", placed{"good"}), d.Publish(t.Context(), "order.placed", placed{"bad"})); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if got := letters(t, l, "mail"); len(got) != 1 || got[0] != `{"id":"bad"} after 1: context deadline exceeded` {
			t.Errorf("dead letters: %q", got)
		}
	})
	if want := "[1m0s 1m0s]"; fmt.Sprint(ended) != want {
		t.Errorf("the contexts ended after %v, want %s", ended, want)
	}
}

// Without a timeout, a handler's context never ends. With a negative one, there is no
// subscription.
func TestBadTimeouts(t *testing.T) {
	for _, s := range []transport.Subscription{{Event: "e", Timeout: -1}, {Event: "e", Slow: -1}} {
		var problem *transport.SubscriptionError
		if _, err := s.Check(); !errors.As(err, &problem) || problem.Problem != "Timeout and Slow must not be negative" {
			t.Errorf("got %v", err)
		}
	}
	transport.Decide(t.Context(), transport.Subscription{}, func(ctx context.Context, _ transport.Delivery) transport.Verdict {
		if ctx.Done() != nil {
			t.Error("the context can end")
		}
		return transport.Ack()
	}, transport.Delivery{Attempt: 1})
}

// By default, the time is random, between half of Backoff and all of it.
func TestDefaultRetryPolicy(t *testing.T) {
	times := map[time.Duration]bool{}
	fails := func(context.Context, transport.Delivery) transport.Verdict { panic("oh") }
	for range 100 {
		v := transport.Decide(t.Context(), transport.Subscription{}, fails, transport.Delivery{Attempt: 3})
		after, _ := v.Retry()
		if times[after] = true; after < 2*time.Second || after > 4*time.Second {
			t.Errorf("it waits %v", after)
		}
	}
	if len(times) < 2 {
		t.Error("it always waits the same time")
	}
}

// A policy that panics does not end the process, and the reason says so.
func TestRetryPolicyPanics(t *testing.T) {
	s := transport.Subscription{Retry: func(int) time.Duration { panic("no table") }}
	v := transport.Decide(t.Context(), s, func(context.Context, transport.Delivery) transport.Verdict { panic("oh") }, transport.Delivery{Attempt: 1})
	const want = "the handler panicked: oh (and the function Retry of the subscription panicked: no table)"
	after, again := v.Retry()
	if reason, _ := v.Rejected(); reason != want || !again || after < time.Second/2 || after > time.Second {
		t.Errorf("got %v, want the reason %q", v, want)
	}
}

func TestBackoff(t *testing.T) {
	for attempt, want := range map[int]time.Duration{-1: time.Second, 1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 1000: time.Minute} {
		if got := transport.Backoff(attempt); got != want {
			t.Errorf("attempt %d: %v, want %v", attempt, got, want)
		}
	}
}
