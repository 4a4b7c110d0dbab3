package transports_test

import (
	"context"
	"crypto/rand"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rollcall-go/rollcall/internal/testserver"
	"github.com/rollcall-go/rollcall/transport/natsevents"
)

const natsURL = "nats://127.0.0.1:4222"

// jetStream is a connection, and a name that nobody else has.
func jetStream(b *testing.B) (name string, js jetstream.JetStream) {
	b.Helper()
	testserver.NATS.Need(b)
	name = "bench" + strings.ToLower(rand.Text()[:8])
	conn, err := natsgo.Connect(natsURL)
	check(b, err)
	b.Cleanup(conn.Close)
	js, err = jetstream.New(conn)
	check(b, err)
	return name, js
}

func rawStream(b *testing.B, name string, js jetstream.JetStream, subject string) jetstream.Consumer {
	b.Helper()
	s, err := js.CreateStream(b.Context(), jetstream.StreamConfig{Name: name, Subjects: []string{name + ".>"}, Retention: jetstream.InterestPolicy})
	check(b, err)
	b.Cleanup(func() { _ = js.DeleteStream(context.Background(), name) })
	c, err := s.CreateConsumer(b.Context(), jetstream.ConsumerConfig{Durable: "mail", FilterSubject: subject, AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: -1})
	check(b, err)
	return c
}

// rawNATS is the client as its documentation shows it.
func rawNATS(b *testing.B) side { return client(b, true) }

// bareNATS is the same without headers: a body and nothing else.
func bareNATS(b *testing.B) side { return client(b, false) }

// attributes are those of CloudEvents that our messages have.
func attributes(id string) map[string]string {
	return map[string]string{"ce-specversion": "1.0", "ce-id": id, "ce-type": "placed", "ce-source": "/rollcall", "ce-datacontenttype": "text/plain"}
}

// wholeHeader is what our messages have.
func wholeHeader() natsgo.Header {
	id := rand.Text()
	header := natsgo.Header{"Nats-Msg-Id": {id}}
	for name, value := range attributes(id) {
		header[name] = []string{value}
	}
	return header
}

// limitNATS is what the server takes: messages that were made before, as fast as
// they can be written, and confirmations that are only counted.
func limitNATS(b *testing.B) side {
	name, js := jetStream(b)
	rawStream(b, name, js, name+".placed")
	conn := js.Conn()
	inbox := conn.NewInbox()
	return side{publish: func(n int) error {
		b.StopTimer()
		messages := make([]*natsgo.Msg, n)
		for i := range messages {
			messages[i] = &natsgo.Msg{Subject: name + ".placed", Reply: inbox, Header: wholeHeader(), Data: body}
		}
		confirmed := 0
		all := make(chan struct{})
		sub, err := conn.Subscribe(inbox, func(*natsgo.Msg) {
			if confirmed++; confirmed == n {
				close(all)
			}
		})
		if err != nil {
			return err
		}
		b.StartTimer()
		for _, m := range messages {
			if err := conn.PublishMsg(m); err != nil {
				return err
			}
		}
		<-all
		return sub.Unsubscribe()
	}}
}

func client(b *testing.B, whole bool) side {
	name, js := jetStream(b)
	js, err := jetstream.New(js.Conn(), jetstream.WithPublishAsyncMaxPending(inFlight))
	check(b, err)
	c := rawStream(b, name, js, name+".placed")
	return side{
		publish: func(n int) error {
			var last jetstream.PubAckFuture
			for range n {
				m := &natsgo.Msg{Subject: name + ".placed", Data: body}
				if whole {
					m.Header = wholeHeader()
				}
				f, err := js.PublishMsgAsync(m, jetstream.WithStallWait(time.Minute))
				if err != nil {
					return err
				}
				last = f
			}
			<-js.PublishAsyncComplete()
			select {
			case err := <-last.Err():
				return err
			default:
				return nil
			}
		},
		consume: func(n int) error {
			var got atomic.Int64
			done := make(chan struct{})
			cc, err := c.Consume(func(m jetstream.Msg) {
				_ = m.Ack()
				if got.Add(1) == int64(n) {
					close(done)
				}
			}, jetstream.PullMaxMessages(inFlight))
			if err != nil {
				return err
			}
			defer cc.Stop()
			<-done
			return nil
		},
	}
}

func rollcallNATS(b *testing.B) side { return ours(b, openNATS(b)) }

func openNATS(b *testing.B) *natsevents.Transport {
	b.Helper()
	name, js := jetStream(b)
	t, err := natsevents.Connect(natsURL, natsevents.Prefix(name))
	check(b, err)
	check(b, t.AwaitConnection(b.Context()))
	b.Cleanup(func() {
		t.Close()
		for _, stream := range []string{name, name + "_dead"} {
			_ = js.DeleteStream(context.Background(), strings.ToUpper(stream))
		}
	})
	return t
}

// watermillWay is how Watermill's adapter is used.
type watermillWay struct {
	bare        bool // a body and its own UUID, of which the server tells no duplicates
	subscribers int
	async       bool // acknowledgements that it does not wait for
}

// watermillNATS is the adapter of Watermill for JetStream. Unless they are bare,
// its messages have the headers and the message IDs that ours have, and its own
// UUID.
func watermillNATS(b *testing.B, way watermillWay) side {
	name, js := jetStream(b)
	topic := name + ".placed"
	rawStream(b, name, js, topic)
	return watermillSide(b, topic, way, &nats.NATSMarshaler{}, nats.JetStreamConfig{
		DurablePrefix: "watermill", SubscribeOptions: []natsgo.SubOpt{natsgo.DeliverAll(), natsgo.AckExplicit(), natsgo.BindStream(name)},
		AckAsync: way.async, TrackMsgId: !way.bare,
	})
}

// documentedWatermillNATS is the adapter as the example of its documentation has
// it: it makes the stream itself, encodes by gob, and has the server tell no
// duplicates.
func documentedWatermillNATS(b *testing.B) side {
	topic, js := jetStream(b)
	b.Cleanup(func() { _ = js.DeleteStream(context.Background(), topic) })
	return watermillSide(b, topic, watermillWay{bare: true, subscribers: 1}, &nats.GobMarshaler{}, nats.JetStreamConfig{
		AutoProvision: true, SubscribeOptions: []natsgo.SubOpt{natsgo.DeliverAll(), natsgo.AckExplicit()},
	})
}

func watermillSide(b *testing.B, topic string, way watermillWay, marshaler nats.MarshalerUnmarshaler, config nats.JetStreamConfig) side {
	log := watermill.NopLogger{}
	p, err := nats.NewPublisher(nats.PublisherConfig{URL: natsURL, Marshaler: marshaler, JetStream: config}, log)
	check(b, err)
	b.Cleanup(func() { _ = p.Close() })
	subscriber, err := nats.NewSubscriber(nats.SubscriberConfig{URL: natsURL, QueueGroupPrefix: config.DurablePrefix, SubscribersCount: way.subscribers, Unmarshaler: marshaler, JetStream: config}, log)
	check(b, err)
	b.Cleanup(func() { _ = subscriber.Close() })
	return side{
		slow: way.subscribers == 1,
		publish: func(n int) error {
			return published(n, func() error {
				m := message.NewMessage(rand.Text(), body)
				if !way.bare {
					m.Metadata = attributes(m.UUID)
				}
				return p.Publish(topic, m)
			})
		},
		consume: func(n int) error {
			ctx, done := context.WithCancel(b.Context())
			defer done()
			messages, err := subscriber.Subscribe(ctx, topic)
			if err != nil {
				return err
			}
			for range n {
				(<-messages).Ack()
			}
			return nil
		},
	}
}
