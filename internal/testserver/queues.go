package testserver

import (
	"fmt"
	"sync"
	"time"
)

// Queues notes the receivers that a test has at RabbitMQ with a prefix of package
// amqpevents, so that their queues can be deleted: RabbitMQ does not list queues by AMQP.
// It may be used concurrently.
type Queues struct {
	Prefix string

	mu        sync.Mutex
	receivers map[string]bool
}

// Note notes a receiver. Call it before the receiver is declared.
func (q *Queues) Note(event, key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.receivers == nil {
		q.receivers = map[string]bool{}
	}
	q.receivers[event+"/"+key] = true
}

// Channel is what Queues needs of a *amqp091.Channel. The root module does not depend on
// that client.
type Channel interface {
	QueueDelete(name string, ifUnused, ifEmpty, noWait bool) (int, error)
	ExchangeDelete(name string, ifUnused, noWait bool) error
}

// Delete deletes everything of the prefix: the exchanges, and the queues of the noted
// receivers, of their dead letters and of what waits to be redelivered. What is not there
// is no error. After an error, the channel is closed.
func (q *Queues) Delete(ch Channel) error {
	for _, exchange := range []string{"events", "dead", "wait", "back", "gone"} {
		if err := ch.ExchangeDelete(q.Prefix+"."+exchange, false, false); err != nil {
			return fmt.Errorf("deleting exchange %s: %w", exchange, err)
		}
	}
	for _, queue := range q.names() {
		if _, err := ch.QueueDelete(q.Prefix+"."+queue, false, false, false); err != nil {
			return fmt.Errorf("deleting queue %s: %w", queue, err)
		}
	}
	return nil
}

// names returns the names of the queues without the prefix.
func (q *Queues) names() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := []string{"gone"}
	for receiver := range q.receivers {
		list = append(list, receiver, receiver+"/dead")
	}
	for ttl := time.Second / 8; ttl <= 4096*time.Second; ttl *= 2 {
		list = append(list, "wait."+ttl.String())
	}
	return list
}
