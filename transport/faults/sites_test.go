package faults_test

import (
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/rabbitmq/amqp091-go"
)

// Where the shared brokers are. They are used with a prefix that nobody else has,
// and are never stopped.
const (
	natsAddress   = "127.0.0.1:4222"
	rabbitAddress = "127.0.0.1:5672"
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

// newSite is a site that is deleted at the test's end.
func newSite(t *testing.T, k kind) site {
	t.Helper()
	prefix := "faults" + rand.Text()[:12]
	switch k {
	case natsCluster:
		return shared(t, site{k, "nats://" + natsAddress, prefix}, natsAddress, "nats-server -js")
	case rabbitMQ:
		return shared(t, site{k, "amqp://guest:guest@" + rabbitAddress, prefix}, rabbitAddress, "rabbitmq-server")
	}
	return site{k, t.TempDir(), prefix}
}

// shared is a site of a broker that others use too.
func shared(t *testing.T, s site, address, start string) site {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		missing(t, "no broker at "+address+" (start one by: "+start+")")
	}
	_ = conn.Close()
	t.Cleanup(func() {
		if err := s.delete(); err != nil {
			t.Errorf("deleting what is on the broker at %s: %v", address, err)
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
	for _, exchange := range []string{".events", ".dead", ".wait", ".back", ".gone"} {
		if err := channel.ExchangeDelete(s.Prefix+exchange, false, false); err != nil {
			return err
		}
	}
	receiver := "." + order.Event + "/" + order.Key
	for _, queue := range []string{".gone", receiver, receiver + "/dead"} {
		if _, err := channel.QueueDelete(s.Prefix+queue, false, false, false); err != nil {
			return err
		}
	}
	return nil
}
