package cloudeventstest

import (
	"context"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/rollcall-go/rollcall/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second // before a test fails

// within is a context that ends long after the test should have.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// broker is a transport, and the SDK's way to the same messages.
type broker interface {
	transport.Transport
	transport.Declarer
	transport.DeadLetters

	// reader has the SDK read the messages of an event from now on.
	reader(t *testing.T, event string) (next func() binding.Message)
	// send has the SDK send a message of an event.
	send(t *testing.T, event string, m binding.Message, structured bool)
}

const (
	name   = "order.geändert%" // of an event
	source = "/shop?of=ann"    // of what the transports publish
)

// published are messages that the SDK should read.
var published = []transport.Message{
	{ID: "7", Event: name, ContentType: "application/json", Body: []byte(`{"id":7}`)},
	{ID: `8 "ä" 100%25 料理`, Event: name, ContentType: `text/plain; charset="utf-8"`, Body: []byte("ä\x00\xff"), Headers: map[string]string{"traceparent": "00-1", "X-Any": "ü %"}},
	{ID: "9", Event: name},
	{ID: "10", Event: name, Key: "mail", ContentType: "application/json", Body: []byte("{}")},
}

// checkRead compares what the SDK has read with what was published.
func checkRead(t *testing.T, m binding.Message, want transport.Message) {
	t.Helper()
	e, err := binding.ToEvent(t.Context(), m)
	if err != nil {
		t.Fatalf("%s: %v", want.ID, err)
	}
	if err := e.Validate(); err != nil {
		t.Errorf("%s: %v", want.ID, err)
	}
	if m.ReadEncoding() != binding.EncodingBinary || e.SpecVersion() != "1.0" || e.Source() != source {
		t.Errorf("%s: it is of %v encoding, version %s and source %s", want.ID, m.ReadEncoding(), e.SpecVersion(), e.Source())
	}
	got := transport.Message{ID: decoded(t, e.ID()), Event: decoded(t, e.Type()), ContentType: e.DataContentType(), Body: e.Data(), Headers: want.Headers}
	for name, value := range e.Extensions() {
		if name != "rollcallkey" {
			t.Errorf("%s: it has the extension %s", want.ID, name)
		}
		got.Key, _ = value.(string)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-published +read\n%s", diff)
	}
}

// decoded undoes the percent-encoding of an attribute, which the bindings to HTTP
// and NATS demand and the SDK leaves to its callers.
func decoded(t *testing.T, value string) string {
	t.Helper()
	text, err := url.PathUnescape(value)
	if err != nil {
		t.Errorf("%q: %v", value, err)
	}
	return text
}

// sent is an event of the SDK with all attributes that there are.
func sent(t *testing.T, id string) event.Event {
	t.Helper()
	e := event.New()
	e.SetID(id)
	e.SetType(name)
	e.SetSource("https://example.com/orders#7")
	e.SetSubject("order 7 ä")
	e.SetTime(time.Date(2026, 2, 3, 4, 5, 6, 7_000_000, time.UTC))
	e.SetDataSchema("https://example.com/schema.json")
	e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	e.SetExtension("priority", 5)
	e.SetExtension("urgent", true)
	if err := e.SetData("application/json", map[string]int{"id": 7}); err != nil {
		t.Fatal(err)
	}
	return e
}

// ids are IDs that are sent, and how they come.
type ids map[string]string

var (
	plain = ids{"7": "7", "8 ä 料理": "8 ä 料理"}
	// The bindings to HTTP and NATS, unlike AMQP, have values encoded.
	encoded = ids{"7": "7", "8 ä 料理": "8 ä 料理", "9%20%22%C3%A4%22%20100%25": `9 "ä" 100%`}
)

// checkReceived compares what a transport has delivered with what the SDK sent.
func checkReceived(t *testing.T, d transport.Delivery, id string, e event.Event) {
	t.Helper()
	if d.ID != id || d.Event != e.Type() || d.ContentType != e.DataContentType() || string(d.Body) != string(e.Data()) || d.Attempt != 1 {
		t.Errorf("of the event %v came %+v", e, d)
	}
}

var mail = transport.Subscription{Event: name, Key: "mail"}

// receive subscribes and acknowledges, until the test's end.
func receive(t *testing.T, b broker) (got chan transport.Delivery) {
	t.Helper()
	if err := b.Declare(within(t), mail); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	got = make(chan transport.Delivery, 100)
	var ended sync.WaitGroup
	ended.Go(func() {
		if err := b.Subscribe(ctx, mail, func(_ context.Context, d transport.Delivery) transport.Verdict {
			got <- d
			return transport.Ack()
		}); err != nil {
			t.Errorf("the subscription ended with %v", err)
		}
	})
	t.Cleanup(func() { cancel(); ended.Wait() })
	return got
}

func next(t *testing.T, got chan transport.Delivery) transport.Delivery {
	t.Helper()
	select {
	case d := <-got:
		return d
	case <-time.After(patience):
		t.Fatal("waited for a message that did not come")
	}
	return transport.Delivery{}
}

// testPublished has the SDK read what a transport publishes.
func testPublished(t *testing.T, b broker) {
	receive(t, b) // else a message by its key would have nowhere to go
	read := b.reader(t, name)
	for _, m := range published {
		if err := b.Publish(within(t), m); err != nil {
			t.Fatal(err)
		}
		checkRead(t, read(), m)
	}
}

// testSent has a transport receive what the SDK sends.
func testSent(t *testing.T, b broker, ids ids) {
	got := receive(t, b)
	for sentID, id := range ids {
		e := sent(t, sentID)
		b.send(t, name, binding.ToMessage(&e), false)
		checkReceived(t, next(t, got), id, e)
	}
}

// testStructured sends an event in structured mode. Either it is read, or it is
// kept whole as a dead letter that says why.
func testStructured(t *testing.T, b broker) {
	got := receive(t, b)
	e := sent(t, "7")
	b.send(t, name, binding.ToMessage(&e), true)
	for ctx := within(t); ; {
		select {
		case d := <-got:
			checkReceived(t, d, "7", e)
			return
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("it came nowhere")
		}
		n, err := b.EachDeadLetter(ctx, name, "mail", func(l transport.DeadLetter) transport.Disposal {
			checkLetter(t, l, e)
			return transport.Keep
		})
		if err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			return
		}
	}
}

func checkLetter(t *testing.T, l transport.DeadLetter, want event.Event) {
	t.Helper()
	if l.Reason == "" {
		t.Errorf("it is a dead letter without a reason")
	}
	var e event.Event
	if err := e.UnmarshalJSON(l.Body); err != nil || e.ID() != want.ID() {
		t.Errorf("the letter has the body %s: %v", l.Body, err)
	}
}
