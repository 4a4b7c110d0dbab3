package amqpevents

import (
	"crypto/rand"
	"math"
	"time"

	"github.com/rabbitmq/amqp091-go"
)

// The arguments of queues and exchanges.
const (
	queueType      = "x-queue-type"
	deadExchange   = "x-dead-letter-exchange"
	deadKey        = "x-dead-letter-routing-key"
	deadStrategy   = "x-dead-letter-strategy"
	overflow       = "x-overflow"
	deliveryLimit  = "x-delivery-limit"
	messageTTL     = "x-message-ttl"
	matchAll       = "x-match"
	alternate      = "alternate-exchange"
	classicType    = "classic"
	quorumType     = "quorum"
	waitHeader     = ours + "wait" // by which a message gets into its tier
	unlimitedTries = math.MaxInt32 // attempts are counted by the receivers
)

// topology declares what is on the broker. Each method needs a channel of its
// own: the broker closes it where it refuses.
//
// Only the tiers have the dead-letter strategy at-least-once, without which what
// waits would be lost where its time ends while the broker starts. It is not for
// queues that come and go: with RabbitMQ 3.10, one that is deleted as soon as it
// is made can end the supervisor of all such queues of the node.
type topology struct {
	names   names
	classic bool
}

// lastChance is how long a message is kept that has come back for a receiver that
// is no more. A broker that is starting may have brought it back before it knew
// its bindings.
const lastChance = time.Minute

// exchanges declares those that everything else needs, and the queue for what
// comes back for a receiver that is no more. Without that, tiers would keep it,
// and with enough of it no longer bring back anything. From there it comes back
// once more; then the broker notices that it goes round, and drops it.
func (t topology) exchanges(ch channel) error {
	for _, e := range []struct {
		name, kind string
		arguments  amqp091.Table
	}{
		{t.names.events(), amqp091.ExchangeDirect, nil},
		{t.names.dead(), amqp091.ExchangeDirect, nil},
		{t.names.wait(), amqp091.ExchangeHeaders, nil},
		{t.names.gone(), amqp091.ExchangeFanout, nil},
		{t.names.back(), amqp091.ExchangeDirect, amqp091.Table{alternate: t.names.gone()}},
	} {
		if err := ch.ExchangeDeclare(e.name, e.kind, true, false, false, false, e.arguments); err != nil {
			return errDeclaring("exchange", e.name, err)
		}
	}
	arguments := t.durable()
	arguments[messageTTL], arguments[deadExchange] = lastChance.Milliseconds(), t.names.back()
	return declare(ch, t.names.gone(), arguments, binding{t.names.gone(), "", nil})
}

// target is a receiver: its queue gets what is published for its event, or to
// its address.
type target struct{ event, key, address string }

// keyed is the receiver of a key.
func keyed(event, key string) target { return target{event, key, address(event, key)} }

// temporary is a receiver that nobody else is.
func temporary(event string) target {
	return target{event, "", address(event, "") + "/" + rand.Text()}
}

// receiver declares the queue of a receiver and that of its dead letters.
func (t topology) receiver(ch channel, r target) error {
	if err := t.deadLetters(ch, r); err != nil {
		return err
	}
	arguments := t.durable()
	arguments[deadExchange], arguments[deadKey] = t.names.dead(), r.address
	return declare(ch, t.names.queue(r.address), arguments, t.bindings(r)...)
}

// temporaryReceiver declares a queue that belongs to the connection and ends with its
// consumer, and returns its name. The name is different each time, because the broker may
// not know yet that the previous connection is lost.
func (t topology) temporaryReceiver(ch channel, r target) (name string, err error) {
	name = t.names.queue(address(r.event, "")) + "/" + rand.Text()
	arguments := amqp091.Table{queueType: classicType, deadExchange: t.names.dead(), deadKey: address(r.event, r.key)}
	if _, err := ch.QueueDeclare(name, false, true, true, false, arguments); err != nil {
		return name, errDeclaring("queue", name, err)
	}
	return name, bind(ch, name, t.bindings(r)...)
}

func (t topology) bindings(r target) []binding {
	return []binding{{t.names.back(), r.address, nil}, {t.names.events(), r.address, nil}, {t.names.events(), r.event, nil}}
}

// deadLetters declares the queue for those of a receiver. All temporary ones of
// an event have one.
func (t topology) deadLetters(ch channel, r target) error {
	a := address(r.event, r.key)
	return declare(ch, t.names.deadLetters(a), t.durable(), binding{t.names.dead(), a, nil})
}

// tier declares the queue in which messages wait for some time. When that has
// passed, the broker brings them back by the routing key that they have.
func (t topology) tier(ch channel, ttl time.Duration) error {
	arguments := t.durable()
	arguments[messageTTL] = ttl.Milliseconds() + 1 // it counts whole ones
	arguments[deadExchange] = t.names.back()
	if !t.classic {
		arguments[deadStrategy], arguments[overflow] = "at-least-once", "reject-publish" // the one needs the other
	}
	return declare(ch, t.names.tier(ttl), arguments, binding{t.names.wait(), "", amqp091.Table{matchAll: "all", waitHeader: ttl.String()}})
}

// durable are the arguments of a queue that survives the broker.
func (t topology) durable() amqp091.Table {
	if t.classic {
		return amqp091.Table{queueType: classicType}
	}
	return amqp091.Table{queueType: quorumType, deliveryLimit: unlimitedTries}
}

// binding is what leads to a queue.
type binding struct {
	exchange, key string
	arguments     amqp091.Table
}

// declare makes a durable queue.
func declare(ch channel, name string, arguments amqp091.Table, bindings ...binding) error {
	if _, err := ch.QueueDeclare(name, true, false, false, false, arguments); err != nil {
		return errDeclaring("queue", name, err)
	}
	return bind(ch, name, bindings...)
}

func bind(ch channel, name string, bindings ...binding) error {
	for _, b := range bindings {
		if err := ch.QueueBind(name, b.key, b.exchange, false, b.arguments); err != nil {
			return errDeclaring("queue", name, err)
		}
	}
	return nil
}
