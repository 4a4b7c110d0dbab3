package watermillevents_test

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"github.com/rollcall-go/rollcall/transport"
	"github.com/rollcall-go/rollcall/transport/watermillevents"
)

// features are those of every transport.
//
// Off are ExactlyOnceDelivery, as delivery is at least once;
// NewSubscriberReceivesOldMessages, as nothing is kept before a receiver is
// declared; ContextPreserved, as a context doesn't leave the process;
// RequireSingleInstance, which is a weakness; and RestartServiceCommand, as the
// tests don't own the broker. GuaranteedOrder is that of one subscriber:
// competing ones take turns.
var features = tests.Features{
	ConsumerGroups:                      true,
	GuaranteedOrder:                     true,
	GuaranteedOrderWithSingleSubscriber: true,
	Persistent:                          true,
}

// universal are the transports that Watermill's suite is run on. Few is whether
// it always has few messages: transport.Local is not made for thousands that
// wait.
var universal = []struct {
	name string
	few  bool
	open func(*testing.T) transport.Transport
}{
	{"local", true, func(*testing.T) transport.Transport { return &transport.Local{} }},
	{"nats", false, func(t *testing.T) transport.Transport { return embedded(t) }},
	{"amqp", true, rabbitTransport},
	{"watermill over local", true, func(*testing.T) transport.Transport { return overLocal(&transport.Local{}) }},
	{"watermill over rabbitmq", false, overRabbit},
}

// whole is whether the suite has its thousands of messages where it can.
var whole = os.Getenv("ROLLCALL_LEDGER") == "1"

func TestUniversal(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	t.Parallel()
	for _, u := range universal {
		t.Run(u.name, func(t *testing.T) {
			t.Parallel()
			x := u.open(t)
			group := func(t *testing.T, key string) (message.Publisher, message.Subscriber) {
				s := watermillevents.NewSubscriber(x, transport.Subscription{Key: key, MaxAttempts: math.MaxInt32}, atOnce)
				t.Cleanup(func() { _ = s.Close() }) // the suite leaves some open
				return watermillevents.NewPublisher(x), s
			}
			one := func(t *testing.T) (message.Publisher, message.Subscriber) { return group(t, "test") }
			of := features
			of.ForceShort = u.few || !whole
			tests.TestPubSub(t, of, one, group)
		})
	}
}

// atOnce, as the suite nacks hundreds of times.
var atOnce = watermillevents.NackDelay(func(int) time.Duration { return 0 })
