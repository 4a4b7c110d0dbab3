package natsevents_test

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// What could be published can become a dead letter, whatever its reason.
func TestLargestBody(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	const limit = 1 << 20
	largest, published := 0, 0
	for step := limit / 2; step > 0; step /= 2 {
		err := x.Publish(t.Context(), transport.Message{ID: rand.Text(), Event: s.Event, ContentType: "text/plain", Body: make([]byte, largest+step)})
		var problem *transport.MessageError
		switch {
		case err == nil:
			largest += step
			published++
		case !errors.As(err, &problem):
			t.Fatal(err)
		}
	}
	if largest < limit-8<<10 {
		t.Errorf("no more than %d bytes are taken", largest)
	}
	receive(t, x, s, published, transport.Reject("because of\n"+strings.Repeat("/", 10_000)))
	letters := deadLetters(t, x, s, transport.Discard)
	if len(letters) != published {
		t.Fatalf("got %d dead letters, want %d", len(letters), published)
	}
	for _, l := range letters {
		if !strings.HasPrefix(l.Reason, "because of\n///") {
			t.Errorf("the reason of one of %d bytes is %.40q", len(l.Body), l.Reason)
		}
	}
}

// The same of headers.
func TestLargestHeaders(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	largest, published := 0, 0
	for step := 1 << 15; step > 0; step /= 2 {
		err := x.Publish(t.Context(), transport.Message{ID: rand.Text(), Event: s.Event, Headers: map[string]string{"x": strings.Repeat("y", largest+step)}})
		var problem *transport.MessageError
		switch {
		case err == nil:
			largest += step
			published++
		case !errors.As(err, &problem) || !strings.Contains(problem.Problem, "its headers have"):
			t.Fatal(err)
		}
	}
	if largest < 58<<10 {
		t.Errorf("no more than %d bytes are taken", largest)
	}
	receive(t, x, s, published, transport.Reject(strings.Repeat("/", 10_000)))
	letters := deadLetters(t, x, s, transport.Discard)
	if len(letters) != published || !strings.HasPrefix(letters[published-1].Reason, "///") {
		t.Fatalf("got %d dead letters, want %d", len(letters), published)
	}
}

// A message from elsewhere may be so large that there is no room for its reason,
// or for anything.
func TestLargestForeignMessage(t *testing.T) {
	t.Parallel()
	x, url, prefix := connected(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	js := rawClient(t, url)
	most := int(js.Conn().MaxPayload())
	event := natsgo.Header{"ce-specversion": {"1.0"}, "ce-id": {"large"}, "ce-type": {"order.placed"}, "ce-source": {"/x"}, "Nats-Expected-Stream": {strings.ToUpper(prefix)}}
	much := maps.Clone(event)
	much["x"] = []string{strings.Repeat("y", 1<<16-300)}
	for name, m := range map[string]*natsgo.Msg{
		"no room for a reason": {Header: event, Data: make([]byte, most-400)},
		"no room for anything": {Header: event, Data: make([]byte, most-150)},
		"no event":             {Data: make([]byte, most)},
		"headers":              {Header: much, Data: []byte("body")},
	} {
		m.Subject = prefix + ".event.order.placed"
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := x.Publish(t.Context(), transport.Message{ID: rand.Text(), Event: s.Event}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		if err := x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			if d.ID == "large" {
				return transport.Reject(strings.Repeat("x", 1000))
			}
			stop()
			return transport.Ack()
		}); err != nil {
			t.Fatal(err)
		}
		letters := deadLetters(t, x, s, transport.Discard)
		if len(letters) != 1 || letters[0].Reason != "unknown: the message was too large to store a reason" || letters[0].Key != "mail" || len(letters[0].Body) != len(m.Data) {
			t.Errorf("%s: got %d dead letters", name, len(letters))
		}
	}
}

func deadLetters(t *testing.T, x *natsevents.Transport, s transport.Subscription, disposal transport.Disposal) (letters []transport.DeadLetter) {
	t.Helper()
	if _, err := x.EachDeadLetter(t.Context(), s.Event, s.Key, func(l transport.DeadLetter) transport.Disposal {
		letters = append(letters, l)
		return disposal
	}); err != nil {
		t.Fatal(err)
	}
	return letters
}

// Where the server can't take a dead letter for a moment, it is tried again: its
// reason is that of the only attempt.
func TestDeadLetterIsTriedAgain(t *testing.T) {
	t.Parallel()
	x, url, prefix := connected(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	js := rawClient(t, url)
	dead, err := js.Stream(t.Context(), strings.ToUpper(prefix)+"_DEAD")
	if err != nil {
		t.Fatal(err)
	}
	config := dead.CachedInfo().Config
	if err := js.DeleteStream(t.Context(), config.Name); err != nil {
		t.Fatal(err)
	}
	var fail sync.Once
	if _, err := js.Conn().Subscribe(prefix+".dead.>", func(m *natsgo.Msg) {
		fail.Do(func() {
			if _, err := js.CreateStream(t.Context(), config); err != nil {
				t.Error(err)
			}
			if err := m.Respond([]byte(`{"error":{"code":503,"err_code":10008,"description":"JetStream system temporarily unavailable"}}`)); err != nil {
				t.Error(err)
			}
		})
	}); err != nil {
		t.Fatal(err)
	}
	if err := js.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	if err := x.Publish(t.Context(), transport.Message{ID: "1", Event: s.Event}); err != nil {
		t.Fatal(err)
	}
	receive(t, x, s, 1, transport.Reject("no"))
	if letters := deadLetters(t, x, s, transport.Keep); len(letters) != 1 || letters[0].Reason != "no" || letters[0].Attempt != 1 {
		t.Errorf("got %+v", letters)
	}
}

// A dead letter tells no more attempts than its receiver had. No handler was called, so the
// transport logs it.
func TestAttemptsOfDeadLetter(t *testing.T) {
	t.Parallel()
	log := &records{}
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail", MaxAttempts: 2}, log.option())
	m.publish(t, "1")
	c, err := m.js.Consumer(t.Context(), m.stream, m.consumer)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		raw, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.js.Conn().Request(raw.Reply(), []byte("-NAK"), 10*time.Second); err != nil { // waits
			t.Fatal(err)
		}
	}
	m.publish(t, "2")
	receive(t, m.Transport, m.subscription, 1, transport.Ack())
	if letters := deadLetters(t, m.Transport, m.subscription, transport.Keep); len(letters) != 1 || letters[0].Attempt != 2 || letters[0].Reason != "given up after 2 attempts: no receiver has settled the last one" {
		t.Errorf("got %+v", letters)
	}
	want := `level=ERROR msg="event becomes a dead letter" event=order.placed key=mail id=1 attempt=2 reason="given up after 2 attempts: no receiver has settled the last one"`
	if got := log.String(); strings.Count(got, want) != 1 {
		t.Errorf("the log has %q", got)
	}
}

// A message that can't become a dead letter is redelivered until it can, and that is logged.
func TestDeadLettersAreFull(t *testing.T) {
	if testing.Short() {
		t.Skip("the transport tries for 10 seconds before it logs")
	}
	t.Parallel()
	log := &records{}
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"}, log.option())
	limit := func(messages int64) {
		t.Helper()
		stream, err := m.js.Stream(t.Context(), m.stream+"_DEAD")
		if err != nil {
			t.Fatal(err)
		}
		config := stream.CachedInfo().Config
		config.MaxMsgs, config.Discard = messages, jetstream.DiscardNew
		if _, err := m.js.UpdateStream(t.Context(), config); err != nil {
			t.Fatal(err)
		}
	}
	limit(1)
	m.publish(t, "1", "2")
	calls := make(chan string, 10)
	m.start(t, func(_ context.Context, d transport.Delivery) transport.Verdict {
		calls <- d.ID
		return transport.Reject("no")
	})
	for range 3 { // 2 comes again
		take(t, calls)
	}
	const want = `level=WARN msg="an event can't be sent to the dead letters: trying again" event=order.placed key=mail id=2 attempt=1 reason="publishing event order.placed: nats: `
	if got := log.String(); !strings.Contains(got, want) {
		t.Errorf("the log has %q", got)
	}
	limit(-1)
	for len(deadLetters(t, m.Transport, m.subscription, transport.Keep)) < 2 {
		time.Sleep(50 * time.Millisecond) // until it is one
	}
}

// The receiver of such a letter is gone, and others must not get it instead.
func TestReplayToTemporaryReceiver(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended, began := make(chan error, 1), make(chan struct{}, 1)
	go func() {
		ended <- x.Subscribe(ctx, s, func(context.Context, transport.Delivery) transport.Verdict {
			began <- struct{}{}
			return transport.Reject("no")
		})
	}()
	for came := false; !came; {
		if err := x.Publish(t.Context(), transport.Message{ID: rand.Text(), Event: s.Event}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-began:
			came = true
		default:
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	var unroutable *transport.UnroutableError
	_, err := x.EachDeadLetter(t.Context(), s.Event, "", func(transport.DeadLetter) transport.Disposal { return transport.Replay })
	if !errors.As(err, &unroutable) || err.Error() != "a dead letter of a temporary receiver of event order.placed can't be replayed, because the receiver has no key: keep it or discard it" {
		t.Errorf("got %v", err)
	}
	if letters := deadLetters(t, x, s, transport.Keep); len(letters) == 0 {
		t.Error("the letter is gone")
	}
}

// The same where somebody has deleted the consumer of its receiver.
func TestReplayToDeletedReceiver(t *testing.T) {
	t.Parallel()
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"})
	m.publish(t, "1")
	receive(t, m.Transport, m.subscription, 1, transport.Reject("no"))
	if err := m.js.DeleteConsumer(t.Context(), m.stream, m.consumer); err != nil {
		t.Fatal(err)
	}
	var unroutable *transport.UnroutableError
	_, err := m.EachDeadLetter(t.Context(), "order.placed", "mail", replay)
	if !errors.As(err, &unroutable) || unroutable.Event != "order.placed" || unroutable.Key != "mail" {
		t.Errorf("got %v", err)
	}
	if err := m.Declare(t.Context(), m.subscription); err != nil {
		t.Fatal(err)
	}
	if n, err := m.EachDeadLetter(t.Context(), "order.placed", "mail", replay); n != 1 || err != nil {
		t.Errorf("%d letters were there: %v", n, err)
	}
	if got := receive(t, m.Transport, m.subscription, 1, transport.Ack()); got[0].ID != "1" {
		t.Errorf("got %s", got[0].ID)
	}
}

func TestBadSettings(t *testing.T) {
	for _, tt := range []struct {
		option natsevents.Option
		want   string
	}{
		{natsevents.AckWait(0), "AckWait is 0s, and must be at least 100ms"},
		{natsevents.AckWait(-1), "AckWait is -1ns, and must be at least 100ms"},
		{natsevents.Source(""), `the source is "", so nobody could read the events: give Source`},
		{natsevents.SyncEvery(-1), "SyncEvery is -1ns, and must not be negative"},
		{natsevents.Prefix("é"), `the prefix "é" must be letters`},
	} {
		for name, open := range map[string]func() (*natsevents.Transport, error){
			"Embedded": func() (*natsevents.Transport, error) { return natsevents.Embedded(t.TempDir(), tt.option) },
			"Connect":  func() (*natsevents.Transport, error) { return natsevents.Connect("nats://127.0.0.1:1", tt.option) },
		} {
			if _, err := open(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got %v, want %s", name, err, tt.want)
			}
		}
	}
}

// Prefixes that differ by case alone would share their streams.
func TestPrefixOfOtherCase(t *testing.T) {
	t.Parallel()
	_, url, prefix := connected(t)
	if _, err := connect(url, natsevents.Prefix(strings.ToUpper(prefix))); err == nil || !strings.Contains(err.Error(), "use another prefix") {
		t.Errorf("got %v", err)
	}
}
