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

// A body that the server would refuse, by closing the connection, is refused
// before it is sent.
func TestLargeBody(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var problem *transport.MessageError
	err := x.Publish(t.Context(), transport.Message{ID: "1", Event: s.Event, Body: make([]byte, 64<<20)})
	if !errors.As(err, &problem) || !strings.Contains(problem.Problem, "its body has 67108864 bytes, 67108997 with its headers: the limit is 1043456,") {
		t.Errorf("got %v", err)
	}
	if err := x.Publish(t.Context(), transport.Message{ID: "2", Event: s.Event, Body: make([]byte, 1<<19)}); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, x, s, 1, transport.Ack()); got[0].ID != "2" {
		t.Errorf("got %s", got[0].ID)
	}
}

// What is no event becomes a dead letter with the reason, whoever sent it, and
// what comes after it is received.
func TestGarbage(t *testing.T) {
	t.Parallel()
	x, url, prefix := connected(t)
	js := rawClient(t, url)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	header := func(pairs ...string) natsgo.Header {
		h := natsgo.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = append(h[pairs[i]], pairs[i+1])
		}
		return h
	}
	for _, m := range []*natsgo.Msg{
		{Header: header(), Data: []byte("\xff\xfe garbage")},
		{Header: header("ce-specversion", "0.3", "ce-id", "1", "ce-type", "order.placed", "ce-source", "/x")},
		{Header: header("ce-specversion", "1.0", "ce-id", "%zz%", "ce-type", "order.placed")},
		{Header: header("ce-specversion", "1.0", "ce-id", "good", "ce-type", "order.placed", "ce-source", "/x", "X-Twice", "a", "X-Twice", "b")},
	} {
		m.Subject = prefix + ".event.order.placed"
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if got := receive(t, x, s, 1, transport.Ack()); got[0].ID != "good" || got[0].Headers["X-Twice"] != "a" {
		t.Errorf("got %+v", got[0])
	}
	var reasons []string
	if _, err := x.EachDeadLetter(t.Context(), s.Event, s.Key, func(l transport.DeadLetter) transport.Disposal {
		reasons = append(reasons, l.Reason)
		return transport.Discard
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"it is not a CloudEvent: the attribute specversion is missing", "it is a CloudEvent of version 0.3, not 1.0", "it is not a CloudEvent: the attribute source is missing"}
	if strings.Join(reasons, "|") != strings.Join(want, "|") {
		t.Errorf("the dead letters say %q", reasons)
	}
}

// givenUp is a context that ends when something waits for it.
type givenUp struct {
	context.Context
	ended chan struct{}
	asked int
}

func newGivenUp(ctx context.Context) *givenUp {
	c := &givenUp{Context: ctx, ended: make(chan struct{})}
	close(c.ended)
	return c
}

func (c *givenUp) Done() <-chan struct{} { return c.ended }

func (c *givenUp) Err() error {
	if c.asked++; c.asked > 1 {
		return context.Canceled
	}
	return nil
}

// A body is the caller's again when Publish has returned, also where it has given
// up: what arrives nevertheless is what was published.
func TestBodyAfterGivingUp(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		body := []byte("right")
		if err := x.Publish(newGivenUp(t.Context()), transport.Message{ID: rand.Text(), Event: s.Event, Body: body}); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		copy(body, "wrong")
	}
	receiveAll(t, x, s, func(d transport.Delivery) {
		if string(d.Body) != "right" {
			t.Errorf("the body %q came", d.Body)
		}
	})
}

// What many publish at once arrives with its own headers and body, also where some
// of them give up.
func TestMessagesDoNotMix(t *testing.T) {
	t.Parallel()
	x := embedded(t, natsevents.SyncEvery(time.Second))
	s := transport.Subscription{Event: "order.placed", Key: "mail", MaxInFlight: 8}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for n := range 100 {
				ctx, id := t.Context(), rand.Text()
				if n%3 == 0 {
					ctx = newGivenUp(ctx)
				}
				err := x.Publish(ctx, transport.Message{ID: id, Event: s.Event, Headers: map[string]string{"of": id, id: "here"}, Body: []byte(id)})
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	receiveAll(t, x, s, func(d transport.Delivery) {
		if want := map[string]string{"of": d.ID, d.ID: "here"}; !maps.Equal(d.Headers, want) || string(d.Body) != d.ID {
			t.Errorf("%s came with the headers %v and the body %q", d.ID, d.Headers, d.Body)
		}
	})
}

// receiveAll receives what was published so far, and checks one delivery after another.
func receiveAll(t *testing.T, x *natsevents.Transport, s transport.Subscription, check func(transport.Delivery)) {
	t.Helper()
	if err := x.Publish(t.Context(), transport.Message{ID: "last", Event: s.Event}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var mu sync.Mutex
	if err := x.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
		mu.Lock()
		defer mu.Unlock()
		if d.ID == "last" {
			stop()
		} else {
			check(d)
		}
		return transport.Ack()
	}); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error("the last did not come")
	}
}

// Each header arrives as it was, or is refused.
func TestHeadersAreCarried(t *testing.T) {
	t.Parallel()
	x := embedded(t)
	s := transport.Subscription{Event: "order.placed", Key: "mail"}
	if err := x.Declare(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	headers := []map[string]string{{"x": " a"}, {"x": "a "}, {"x": "\u00a0a\u00a0"}, {"ce-subject": " a "}, {"ce-subject": ""}}
	for c := byte(' '); c <= '~'; c++ {
		headers = append(headers, map[string]string{"x" + string(c) + "y": "a" + string(c) + "b"})
	}
	var published []map[string]string
	for _, header := range headers {
		err := x.Publish(t.Context(), transport.Message{ID: rand.Text(), Event: s.Event, Headers: header})
		var problem *transport.MessageError
		switch {
		case err == nil:
			published = append(published, header)
		case !errors.As(err, &problem):
			t.Fatal(err)
		}
	}
	for i, d := range receive(t, x, s, len(published), transport.Ack()) {
		if !maps.Equal(d.Headers, published[i]) {
			t.Errorf("%q comes as %q", published[i], d.Headers)
		}
	}
}

// connected is a transport of a server, of a prefix that nobody else has.
func connected(t *testing.T) (x *natsevents.Transport, url, prefix string) {
	t.Helper()
	url, prefix = cluster(t), "test"+rand.Text()[:8]
	x, err := connect(url, natsevents.Prefix(prefix))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	t.Cleanup(func() { deletePrefix(t, url, prefix) })
	return x, url, prefix
}

// rawClient is the server without a transport.
func rawClient(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := natsgo.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// deletePrefix leaves the server as it was.
func deletePrefix(t *testing.T, url, prefix string) {
	t.Helper()
	js := rawClient(t, url)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, name := range []string{strings.ToUpper(prefix), strings.ToUpper(prefix) + "_DEAD"} {
		if err := js.DeleteStream(ctx, name); err != nil {
			t.Error(err)
		}
	}
}

// A stream of that name that somebody made for something else is left alone.
func TestStreamOfAnother(t *testing.T) {
	t.Parallel()
	url := cluster(t)
	prefix := "other" + rand.Text()[:8]
	js := rawClient(t, url)
	name := strings.ToUpper(prefix)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{prefix + ".other"}, Storage: jetstream.MemoryStorage}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = js.DeleteStream(context.Background(), name) })
	if _, err := connect(url, natsevents.Prefix(prefix)); err == nil || !strings.Contains(err.Error(), "there is a stream "+name+" already") || !strings.Contains(err.Error(), "use another prefix") {
		t.Errorf("got %v", err)
	}
}
