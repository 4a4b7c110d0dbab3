package amqpevents_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/amqpevents"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if given := flag.Lookup("test.parallel"); given.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		_ = given.Value.Set("16") // most of them wait for the broker
	}
	goleak.VerifyTestMain(m)
}

const patience = 4 * time.Minute // before a test fails: a broker may take minutes to start

var address = testserver.RabbitMQ.Address

// brokerURL is that of the broker for tests, or skips.
func brokerURL(t *testing.T) string {
	t.Helper()
	testserver.RabbitMQ.Need(t)
	return "amqp://guest:guest@" + address
}

// space is a prefix that nobody else has. All of it is deleted at the end.
type space struct {
	t      *testing.T
	url    string // for what is done beside the transport
	prefix string
	queues testserver.Queues
}

func newSpace(t *testing.T) *space {
	t.Helper()
	prefix := "test" + rand.Text()[:12]
	x := &space{t: t, url: brokerURL(t), prefix: prefix, queues: testserver.Queues{Prefix: prefix}}
	t.Cleanup(x.delete)
	return x
}

// opened is a transport in a space, which notes what queues it makes.
type opened struct {
	*amqpevents.Transport
	space *space
}

// open connects; by another URL than the space's, if it is given.
func (x *space) open(t *testing.T, url string, options ...amqpevents.Option) *opened {
	t.Helper()
	a, err := amqpevents.Connect(url, append([]amqpevents.Option{amqpevents.Prefix(x.prefix)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	if err := a.AwaitConnection(within(t)); err != nil {
		t.Fatal(err)
	}
	return &opened{a, x}
}

// open connects to the broker for tests, in a space of its own.
func open(t *testing.T, options ...amqpevents.Option) *opened {
	t.Helper()
	x := newSpace(t)
	return x.open(t, x.url, options...)
}

func (o *opened) Declare(ctx context.Context, s transport.Subscription) error {
	o.space.queues.Note(s.Event, s.Key)
	return o.Transport.Declare(ctx, s)
}

func (o *opened) Subscribe(ctx context.Context, s transport.Subscription, h transport.Handler) error {
	o.space.queues.Note(s.Event, s.Key)
	return o.Transport.Subscribe(ctx, s, h)
}

// queue is the name of a receiver's queue.
func (x *space) queue(s transport.Subscription) string { return x.prefix + "." + s.Event + "/" + s.Key }

// delete leaves the broker as it was.
func (x *space) delete() {
	conn := dial(x.t, x.url)
	defer conn.Close()
	if err := x.queues.Delete(channel(x.t, conn)); err != nil {
		x.t.Error(err)
	}
}

// dial connects without a transport.
func dial(t *testing.T, url string) *amqp091.Connection {
	t.Helper()
	conn, err := amqp091.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func channel(t *testing.T, conn *amqp091.Connection) *amqp091.Channel {
	t.Helper()
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// raw is a channel without a transport, until the test's end.
func raw(t *testing.T, url string) *amqp091.Channel {
	t.Helper()
	conn := dial(t, url)
	t.Cleanup(func() { _ = conn.Close() })
	return channel(t, conn)
}

// within is a context that ends long after the test should have.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// pause is for whoever asks the broker again and again.
func pause(ctx context.Context) {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
	}
}

// secondTime is for handlers that take a message when it has come again.
func secondTime(d transport.Delivery) transport.Verdict {
	if d.Attempt == 1 {
		return transport.Retry(time.Second, "later")
	}
	return transport.Ack()
}

// receiver is a subscription that runs.
type receiver struct {
	t    *testing.T
	got  chan transport.Delivery
	stop func() // ends it and waits for that
}

// receive declares and subscribes.
func receive(t *testing.T, o *opened, s transport.Subscription, h func(transport.Delivery) transport.Verdict) *receiver {
	t.Helper()
	ctx, cancel := context.WithCancel(within(t))
	if s.Key != "" {
		if err := o.Declare(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	r := &receiver{t: t, got: make(chan transport.Delivery, 10_000)}
	ended := make(chan error, 1)
	go func() {
		ended <- o.Subscribe(ctx, s, func(_ context.Context, d transport.Delivery) transport.Verdict {
			r.got <- d
			return h(d)
		})
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the subscription ended with %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

func ack(transport.Delivery) transport.Verdict { return transport.Ack() }

func (r *receiver) next() transport.Delivery {
	r.t.Helper()
	select {
	case d := <-r.got:
		return d
	case <-time.After(patience):
		r.t.Fatal("waited for a message that did not come")
	}
	return transport.Delivery{}
}

// nothing fails if there is a delivery that nobody took.
func (r *receiver) nothing() {
	r.t.Helper()
	select {
	case d := <-r.got:
		r.t.Errorf("got %s, attempt %d, which should not have come", d.ID, d.Attempt)
	default:
	}
}

// event is a message of the event that most tests have.
func event(id string) transport.Message {
	return transport.Message{ID: id, Event: "order.placed", ContentType: "text/plain", Body: []byte(id)}
}

var mail = transport.Subscription{Event: "order.placed", Key: "mail"}

func publish(t *testing.T, o *opened, ms ...transport.Message) {
	t.Helper()
	for _, m := range ms {
		if err := o.Publish(within(t), m); err != nil {
			t.Fatalf("publishing %s: %v", m.ID, err)
		}
	}
}

// letters waits until a receiver has n dead letters and gives them.
func letters(t *testing.T, o *opened, s transport.Subscription, n int) []transport.DeadLetter {
	t.Helper()
	ctx := within(t)
	for {
		var all []transport.DeadLetter
		if _, err := o.EachDeadLetter(ctx, s.Event, s.Key, func(l transport.DeadLetter) transport.Disposal {
			all = append(all, l)
			return transport.Keep
		}); err != nil {
			t.Fatalf("dead letters: %v", err)
		}
		if len(all) >= n {
			return all
		}
		if pause(ctx); ctx.Err() != nil {
			t.Fatalf("waited for %d dead letters, there are %d", n, len(all))
		}
	}
}
