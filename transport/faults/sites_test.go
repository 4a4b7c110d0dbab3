package faults_test

import (
	"crypto/rand"
	"strings"
	"testing"

	natsgo "github.com/nats-io/nats.go"
	"github.com/rabbitmq/amqp091-go"

	"github.com/rollcall-go/rollcall/internal/testserver"
)

// each runs a test of some kinds of transport.
func each(t *testing.T, test func(*testing.T, site), kinds ...kind) {
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			test(t, newSite(t, k))
		})
	}
}

// newSite is a site that is deleted at the test's end. Of a shared broker, it uses a prefix
// that nobody else has.
func newSite(t *testing.T, k kind) site {
	t.Helper()
	prefix := "faults" + rand.Text()[:12]
	switch k {
	case natsCluster:
		return shared(t, site{k, "nats://" + testserver.NATS.Address, prefix}, testserver.NATS)
	case rabbitMQ:
		return shared(t, site{k, "amqp://guest:guest@" + testserver.RabbitMQ.Address, prefix}, testserver.RabbitMQ)
	}
	return site{k, t.TempDir(), prefix}
}

// shared is a site of a broker that others use too.
func shared(t *testing.T, s site, broker testserver.Server) site {
	t.Helper()
	broker.Need(t)
	t.Cleanup(func() {
		if err := s.delete(); err != nil {
			t.Errorf("deleting what is on the broker at %s: %v", broker.Address, err)
		}
	})
	return s
}

// delete leaves the broker as it was.
func (s site) delete() error {
	if s.Kind == rabbitMQ {
		return s.deleteQueues()
	}
	return s.deleteStreams()
}

func (s site) deleteStreams() error {
	conn, err := natsgo.Connect(s.Place)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := conn.JetStream()
	if err != nil {
		return err
	}
	for _, name := range []string{strings.ToUpper(s.Prefix), strings.ToUpper(s.Prefix) + "_DEAD"} {
		if err := js.DeleteStream(name); err != nil {
			return err
		}
	}
	return nil
}

func (s site) deleteQueues() error {
	conn, err := amqp091.Dial(s.Place)
	if err != nil {
		return err
	}
	defer conn.Close()
	channel, err := conn.Channel()
	if err != nil {
		return err
	}
	queues := testserver.Queues{Prefix: s.Prefix}
	for _, r := range append(shopReceivers, order) {
		queues.Note(r.Event, r.Key)
	}
	return queues.Delete(channel)
}
