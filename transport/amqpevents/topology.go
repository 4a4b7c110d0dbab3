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
	waitHeader     = ours + "wait" // routes a message to its tier
	unlimitedTries = math.MaxInt32 // attempts are counted by the receivers
)

// topology declares the exchanges and queues on the broker. Each method needs a channel
// of its own, because the broker closes the channel if it refuses a declaration.
//
// Only the tiers have the dead-letter strategy at-least-once. Without it, a message would
// be lost if its wait ended while the broker starts. The strategy is not for queues that
// are often created and deleted. With RabbitMQ 3.10, a queue that is deleted as soon as it
// is created can end the supervisor of all such queues of the node.
type topology struct {
	names   names
	classic bool
}

// lastChance is how long a returned message is kept if its receiver has no queue any
// more. A broker that is starting may have returned the message before it knew its
// bindings.
const lastChance = time.Minute

// exchanges declares the exchanges that everything else needs, and the queue "gone" for
// returned messages whose receiver has no queue any more. Without the queue "gone", such
// messages would stay in their tiers. With enough of them, a tier would return no
// messages at all. The queue "gone" returns each message once more. Then the broker
// notices the cycle and drops the message.
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

// target is a receiver. Its queue gets what is published for its event, or to its
// address.
type target struct{ event, key, address string }

// keyed returns the target of a receiver key.
func keyed(event, key string) target { return target{event, key, address(event, key)} }

// temporary returns the target of a temporary receiver, with a unique address.
func temporary(event string) target {
	return target{event, "", address(event, "") + "/" + rand.Text()}
}

// receiver declares the queue of a receiver and the queue of its dead letters.
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

// deadLetters declares the queue for the dead letters of a receiver. All temporary
// receivers of an event share one.
func (t topology) deadLetters(ch channel, r target) error {
	a := address(r.event, r.key)
	return declare(ch, t.names.deadLetters(a), t.durable(), binding{t.names.dead(), a, nil})
}

// tier declares the queue in which messages wait for some time. After that, the broker
// returns them with the routing key that they have.
func (t topology) tier(ch channel, ttl time.Duration) error {
	arguments := t.durable()
	arguments[messageTTL] = ttl.Milliseconds() + 1 // the broker counts whole milliseconds
	arguments[deadExchange] = t.names.back()
	if !t.classic {
		arguments[deadStrategy], arguments[overflow] = "at-least-once", "reject-publish" // the strategy requires this overflow
	}
	return declare(ch, t.names.tier(ttl), arguments, binding{t.names.wait(), "", amqp091.Table{matchAll: "all", waitHeader: ttl.String()}})
}

// durable returns the arguments of a queue that survives a restart of the broker.
func (t topology) durable() amqp091.Table {
	if t.classic {
		return amqp091.Table{queueType: classicType}
	}
	return amqp091.Table{queueType: quorumType, deliveryLimit: unlimitedTries}
}

// binding leads messages from an exchange to a queue.
type binding struct {
	exchange, key string
	arguments     amqp091.Table
}

// declare declares a durable queue and its bindings.
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
