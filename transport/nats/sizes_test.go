package nats_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/nats"
)

// What could be published can become a dead letter, whatever its reason.
func TestLargestBody(t *testing.T) {
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	const limit = 1 << 20
	largest, published := 0, 0
	for step := limit / 2; step > 0; step /= 2 {
		err := x.Publish(t.Context(), transport.Message{ID: transport.NewID(), Event: s.Event, ContentType: "text/plain", Body: make([]byte, largest+step)})
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

// A message from elsewhere may be so large that there is no room for its reason.
func TestLargestForeignMessage(t *testing.T) {
	x, url, prefix := connected(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	js := rawClient(t, url)
	m := &natsgo.Msg{Subject: prefix + ".event.order.placed", Data: make([]byte, js.Conn().MaxPayload()-400), Header: natsgo.Header{
		"ce-specversion": {"1.0"}, "ce-id": {"large"}, "ce-type": {"order.placed"}, "ce-source": {"/x"}}}
	if _, err := js.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	receive(t, x, s, 1, transport.Reject(strings.Repeat("x", 1000)))
	if letters := deadLetters(t, x, s, transport.Discard); len(letters) != 1 || letters[0].Reason != "too large for its reason" || len(letters[0].Body) != len(m.Data) {
		t.Errorf("got %d dead letters: %.50v", len(letters), letters)
	}
}

func deadLetters(t *testing.T, x *nats.Transport, s transport.Subscription, disposal transport.Disposal) (letters []transport.DeadLetter) {
	t.Helper()
	if _, err := x.EachDeadLetter(t.Context(), s.Event, s.Key, func(l transport.DeadLetter) transport.Disposal {
		letters = append(letters, l)
		return disposal
	}); err != nil {
		t.Fatal(err)
	}
	return letters
}

// The receiver of such a letter is gone, and others must not get it instead.
func TestReplayToTemporaryReceiver(t *testing.T) {
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
		if err := x.Publish(t.Context(), transport.Message{ID: transport.NewID(), Event: s.Event}); err != nil {
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
	if !errors.As(err, &unroutable) {
		t.Errorf("got %v", err)
	}
	if letters := deadLetters(t, x, s, transport.Keep); len(letters) == 0 {
		t.Error("the letter is gone")
	}
}

func TestBadSettings(t *testing.T) {
	for _, tt := range []struct {
		option nats.Option
		want   string
	}{
		{nats.AckWait(0), "AckWait is 0s, and must be 100ms at least"},
		{nats.AckWait(-1), "AckWait is -1ns, and must be 100ms at least"},
		{nats.SyncEvery(-1), "SyncEvery is -1ns, and must not be negative"},
		{nats.Prefix("é"), `the prefix "é" must be letters`},
	} {
		for name, open := range map[string]func() (*nats.Transport, error){
			"Embedded": func() (*nats.Transport, error) { return nats.Embedded(t.TempDir(), tt.option) },
			"Connect":  func() (*nats.Transport, error) { return nats.Connect("nats://127.0.0.1:1", tt.option) },
		} {
			if _, err := open(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got %v, want %s", name, err, tt.want)
			}
		}
	}
}

// Prefixes that differ by case alone would share their streams.
func TestPrefixOfOtherCase(t *testing.T) {
	_, url, prefix := connected(t)
	if _, err := nats.Connect(url, nats.Prefix(strings.ToUpper(prefix))); err == nil || !strings.Contains(err.Error(), "use another prefix") {
		t.Errorf("got %v", err)
	}
}
