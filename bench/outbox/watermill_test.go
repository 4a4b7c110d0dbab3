package outbox_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	watermillsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/components/forwarder"
	"github.com/ThreeDotsLabs/watermill/message"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// drainWatermill is the forwarder of Watermill from watermill-sql to NATS JetStream. It reads
// so many messages at once. The server recognizes duplicates by the messages' IDs, as it does
// for rollcall.
func drainWatermill(b *testing.B, batch int) drainer {
	x := postgres.open(b, 2) // skips if there is no server
	pool, quiet := openPool(b), watermill.NopLogger{}
	topic, js := jetStream(b)
	_, err := js.CreateStream(b.Context(), jetstream.StreamConfig{Name: topic, Subjects: []string{topic + ".>"}})
	check(b, err)
	schema := watermillsql.DefaultPostgreSQLSchema{SubscribeBatchSize: batch, GeneratePayloadType: func(string) string { return "BYTEA" }}
	offsets := watermillsql.DefaultPostgreSQLOffsetsAdapter{}
	tables := []string{schema.MessagesTable(topic), offsets.MessagesOffsetsTable(topic)}
	b.Cleanup(func() {
		_ = js.DeleteStream(context.Background(), topic)
		for _, table := range tables {
			_, _ = pool.Exec(context.Background(), "DROP TABLE IF EXISTS "+table)
		}
	})
	db := watermillsql.BeginnerFromPgx(pool)
	in, err := watermillsql.NewPublisher(db, watermillsql.PublisherConfig{SchemaAdapter: schema, AutoInitializeSchema: true}, quiet)
	check(b, err)
	wrapping := forwarder.NewPublisher(in, forwarder.PublisherConfig{ForwarderTopic: topic})
	initializer, err := watermillsql.NewSubscriber(db, watermillsql.SubscriberConfig{SchemaAdapter: schema, OffsetsAdapter: offsets}, quiet)
	check(b, err)
	check(b, initializer.SubscribeInitialize(topic))
	out, err := nats.NewPublisher(nats.PublisherConfig{
		URL: natsURL, Marshaler: &nats.NATSMarshaler{},
		JetStream: nats.JetStreamConfig{TrackMsgId: true, SubscribeOptions: []natsgo.SubOpt{natsgo.BindStream(topic)}},
	}, quiet)
	check(b, err)
	b.Cleanup(func() { _ = out.Close() })
	return drainer{
		fill: func() {
			for _, table := range tables {
				x.exec(b, "TRUNCATE "+table)
			}
			for n := 0; n < backlog; n += 1000 {
				var list []*message.Message
				for range 1000 {
					m := message.NewMessage(watermill.NewUUID(), body)
					m.Metadata = map[string]string{"ce-type": "order.placed"}
					list = append(list, m)
				}
				check(b, wrapping.Publish(topic+".placed", list...))
			}
			x.exec(b, "VACUUM ANALYZE "+tables[0])
		},
		drain: func() func() {
			s, err := watermillsql.NewSubscriber(db, watermillsql.SubscriberConfig{SchemaAdapter: schema, OffsetsAdapter: offsets, PollInterval: 10 * time.Millisecond}, quiet)
			check(b, err)
			counting := &watermillCounter{Publisher: out, all: make(chan struct{})}
			f, err := forwarder.NewForwarder(s, counting, quiet, forwarder.Config{ForwarderTopic: topic})
			check(b, err)
			ended := make(chan error, 1)
			go func() { ended <- f.Run(b.Context()) }()
			<-counting.all
			return func() {
				check(b, f.Close())
				check(b, <-ended)
			}
		},
	}
}

// watermillCounter counts what a publisher has published.
type watermillCounter struct {
	message.Publisher
	published atomic.Int64
	all       chan struct{} // closed when the backlog is published
}

func (c *watermillCounter) Publish(topic string, messages ...*message.Message) error {
	if err := c.Publisher.Publish(topic, messages...); err != nil {
		return err
	}
	if c.published.Add(int64(len(messages))) == backlog {
		close(c.all)
	}
	return nil
}
