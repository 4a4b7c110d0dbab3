package natsevents_test

import (
	"context"
	"crypto/rand"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

// unanswered is a transport whose server confirms nothing. What it is sent comes by
// the channel, with the client that got it.
func unanswered(t *testing.T) (x *natsevents.Transport, sent chan *natsgo.Msg, client *natsgo.Conn) {
	t.Helper()
	x, url, prefix := connected(t)
	js := rawClient(t, url)
	stream, err := js.Stream(t.Context(), strings.ToUpper(prefix))
	if err != nil {
		t.Fatal(err)
	}
	silent := stream.CachedInfo().Config
	silent.NoAck = true
	if _, err := js.UpdateStream(t.Context(), silent); err != nil {
		t.Fatal(err)
	}
	sent = make(chan *natsgo.Msg, 1)
	if _, err := js.Conn().ChanSubscribe(prefix+".event.order.placed", sent); err != nil {
		t.Fatal(err)
	}
	if err := js.Conn().Flush(); err != nil {
		t.Fatal(err)
	}
	return x, sent, js.Conn()
}

// publishing publishes within less time than after which it would be tried again.
func publishing(t *testing.T, x *natsevents.Transport) <-chan error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	t.Cleanup(cancel)
	published := make(chan error, 1)
	go func() { published <- x.Publish(ctx, transport.Message{ID: "1", Event: "order.placed"}) }()
	return published
}

// Who waits for a confirmation is told at once that there will be none.
func TestCloseWhilePublishing(t *testing.T) {
	t.Parallel()
	x, sent, _ := unanswered(t)
	published := publishing(t, x)
	take(t, sent)
	x.Close()
	if err := take(t, published); !errors.Is(err, natsgo.ErrConnectionClosed) {
		t.Errorf("got %v", err)
	}
}

// A duplicate of what the server is about to keep is not kept yet.
func TestUndecidedDuplicate(t *testing.T) {
	t.Parallel()
	x, sent, client := unanswered(t)
	published := publishing(t, x)
	m := take(t, sent)
	for _, answer := range []string{`{"stream":"ROLLCALL", "seq":0,"duplicate": true}`, `{"error":{"code":503,"err_code":10077,"description":"lost"},"stream":"ROLLCALL","seq":0}`} {
		if err := client.Publish(m.Reply, []byte(answer)); err != nil {
			t.Fatal(err)
		}
	}
	if err := take(t, published); err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("got %v", err)
	}
}

// A server has dropped an event for want of a consumer, and its confirmation was lost. To
// the server, the event is a duplicate of what it does not have.
func TestDuplicateOfDroppedEvent(t *testing.T) {
	t.Parallel()
	x, sent, client := unanswered(t)
	if err := x.Declare(t.Context(), mail); err != nil {
		t.Fatal(err)
	}
	published := make(chan error, 1)
	go func() { published <- x.Publish(t.Context(), transport.Message{ID: "1", Event: mail.Event}) }()
	first := take(t, sent)
	js, err := jetstream.New(client)
	if err != nil {
		t.Fatal(err)
	}
	deleteConsumers(t, js, strings.TrimSuffix(first.Subject, ".event."+mail.Event))
	answer := func(m *natsgo.Msg, text string) {
		t.Helper()
		if err := client.Publish(m.Reply, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	answer(first, `{"stream":"ROLLCALL", "seq":0,"duplicate": true}`)
	again := take(t, sent)
	if id := again.Header.Get(natsgo.MsgIdHdr); id == first.Header.Get(natsgo.MsgIdHdr) {
		t.Errorf("published again with the ID %s, which the server drops", id)
	}
	answer(again, `{"stream":"ROLLCALL", "seq":1}`)
	if err := take(t, published); err != nil {
		t.Error(err)
	}
}

// Each temporary receiver has its own dead letter of a message.
func TestLettersOfTemporaryReceivers(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed"}
	ctx, stop := context.WithCancel(t.Context())
	rejected := make(chan string, 1000)
	var ended sync.WaitGroup
	for range 2 {
		ended.Go(func() {
			if err := x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
				rejected <- d.ID
				return transport.Reject("no")
			}); err != nil {
				t.Error(err)
			}
		})
	}
	times := map[string]int{}
	for both := false; !both; { // until both are there
		if err := x.Publish(t.Context(), transport.Message{ID: rand.Text(), Event: s.Event}); err != nil {
			t.Fatal(err)
		}
		select {
		case id := <-rejected:
			times[id]++
			both = times[id] == 2
		default:
		}
	}
	stop()
	ended.Wait()
	close(rejected)
	want := 0
	for id := range rejected {
		times[id]++
	}
	for _, n := range times {
		want += n
	}
	if got := len(deadLetters(t, x, s, transport.Keep)); got != want {
		t.Errorf("%d dead letters of %d", got, want)
	}
}

// The message of a handler that ends its goroutine comes again.
func TestHandlerEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	x := embedded(t, natsevents.AckWait(100*time.Millisecond))
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	keep(t, x, s, "1")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var attempts []int
	if err := x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
		attempts = append(attempts, d.Attempt)
		if d.Attempt == 1 {
			runtime.Goexit()
		}
		stop()
		return transport.Ack()
	}); err != nil {
		t.Fatal(err)
	}
	if len(attempts) != 2 || attempts[1] != 2 {
		t.Errorf("got the attempts %v", attempts)
	}
}

// Who only publishes leaves the receivers' settings alone.
func TestDeclareLeavesAckWait(t *testing.T) {
	t.Parallel()
	m := newMonitored(t, transport.Subscription{Event: "order.placed", Key: "mail"}, natsevents.AckWait(time.Hour))
	web, err := connect("nats://"+address, natsevents.Prefix(strings.ToLower(m.stream)), natsevents.AckWait(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer web.Close()
	if err := web.Declare(t.Context(), m.subscription); err != nil {
		t.Fatal(err)
	}
	consumer, err := m.js.Consumer(t.Context(), m.stream, m.consumer)
	if err != nil {
		t.Fatal(err)
	}
	if got := consumer.CachedInfo().Config.AckWait; got != time.Hour {
		t.Errorf("the receiver's AckWait is %v now", got)
	}
}

// A subscription that ends does not use up attempts of messages that it was not
// given, though an old server counts those that it was about to send: it stays
// until what it has requested has come.
func TestEndingUsesNoAttempts(t *testing.T) {
	if testing.Short() {
		t.Skip("it keeps the processor busy")
	}
	natsevents.SetLeaveTimeout(t, time.Minute) // else what comes too late is given up
	x, _, _ := connected(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 64, MaxAttempts: 1}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	publishing, enough := context.WithCancel(t.Context())
	defer enough()
	var publishers sync.WaitGroup
	for range 16 {
		publishers.Go(func() {
			for publishing.Err() == nil {
				if err := x.Publish(publishing, transport.Message{ID: rand.Text(), Event: s.Event}); err != nil && publishing.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	const ends = 40
	for range ends {
		ctx, stop := context.WithCancel(t.Context())
		var handled atomic.Int32
		if err := x.Subscribe(ctx, s, func(context.Context, transport.Delivery) transport.Verdict {
			if handled.Add(1) == 100 {
				stop()
			}
			return transport.Ack()
		}); err != nil {
			t.Error(err)
		}
		stop()
	}
	enough()
	publishers.Wait()
	letters, err := x.EachDeadLetter(t.Context(), s.Event, s.Key, func(transport.DeadLetter) transport.Disposal { return transport.Keep })
	if err != nil {
		t.Fatal(err)
	}
	if letters > 0 {
		t.Errorf("%d messages of %d subscriptions were given up unhandled", letters, ends)
	}
}

// A message that becomes a dead letter is one, also where the server does not hear
// that it is done, and it comes again.
func TestOneLetterOfAMessage(t *testing.T) {
	t.Parallel()
	x, _ := asAnn(t, permitted(t, deny("$JS.ACK.>")), natsevents.AckWait(100*time.Millisecond))
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	keep(t, x, s, "1")
	for last := 0; last < 3; { // the subscription ends each time
		if err := x.Subscribe(t.Context(), s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			last = d.Attempt
			return transport.Reject("no")
		}); !errors.Is(err, natsgo.ErrPermissionViolation) {
			t.Fatal(err)
		}
	}
	letters, err := x.EachDeadLetter(t.Context(), s.Event, s.Key, func(transport.DeadLetter) transport.Disposal { return transport.Keep })
	if letters != 1 || err != nil {
		t.Errorf("%d dead letters, %v", letters, err)
	}
}
