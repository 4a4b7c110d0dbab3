package watermillevents_test

import (
	"crypto/rand"
	"math"
	"testing"
	"time"

	lib "github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-amqp/v3/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"
	amqp091 "github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

// overLocal is a transport over Watermill over another transport.
func overLocal(l *transport.Local) *watermillevents.Transport {
	return watermillevents.NewTransport(watermillevents.NewPublisher(l), func(key string) (message.Subscriber, error) {
		return watermillevents.NewSubscriber(l, transport.Subscription{Key: key, MaxAttempts: math.MaxInt32}, atOnce), nil
	})
}

// overGoChannel is a transport over the channels that Watermill has for tests.
// It is not a transport.Declarer, as they can't keep messages for a group.
func overGoChannel(t *testing.T) transport.Transport {
	c := gochannel.NewGoChannel(gochannel.Config{Persistent: true}, nil)
	t.Cleanup(func() { _ = c.Close() })
	x := watermillevents.NewTransport(c, func(string) (message.Subscriber, error) { return shared{c}, nil })
	return struct{ transport.Transport }{x}
}

// shared is a subscriber that others use too, so that nobody may close it.
type shared struct{ message.Subscriber }

func (shared) Close() error { return nil }

// overRabbit is a transport over RabbitMQ. Its queues and exchanges are gone a
// minute after the test.
func overRabbit(t *testing.T) transport.Transport {
	url := rabbit(t)
	p, err := amqp.NewPublisher(rabbitConfig(url, ""), lib.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return watermillevents.NewTransport(p, func(key string) (message.Subscriber, error) {
		return amqp.NewSubscriber(rabbitConfig(url, key), lib.NopLogger{})
	})
}

func rabbitConfig(url, key string) amqp.Config {
	if key == "" {
		key = rand.Text()
	}
	c := amqp.NewDurablePubSubConfig(url, amqp.GenerateQueueNameTopicNameWithSuffix(key))
	c.Publish.ConfirmDelivery = true
	c.Exchange.AutoDeleted = true
	c.Queue.Arguments = amqp091.Table{"x-expires": int32(time.Minute / time.Millisecond)}
	return c
}
