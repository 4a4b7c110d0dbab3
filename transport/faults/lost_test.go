package faults_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
)

// How often a NATS server loses what it should keep.
var (
	consumersDeleted = faults(2, 10)
	storesLost       = faults(1, 5)
)

// A consumer is deleted while events are published, and received or not. What waits for
// it then is discarded, as with a queue. What is published from then on is not lost.
func TestConsumerDeleted(t *testing.T) {
	slow(t)
	t.Parallel()
	for name, receives := range map[string]bool{
		"the consumer deleted, under a lone publisher": false,
		"the consumer deleted, under a receiver":       true,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, at := newScenario(t), newSite(t, natsCluster)
			x := s.open(at)
			stopReceiving := func() {}
			if receives {
				stopReceiving = s.receive(s.open(at), noting(s.record))
			}
			stopPublishing := s.publish(x, "event")
			for range consumersDeleted {
				s.confirms()
				s.deleteConsumers(at)
				s.discard(time.Now())
			}
			s.confirms()
			stopPublishing()
			if !receives {
				stopReceiving = s.receive(x, noting(s.record))
			}
			s.drained()
			stopReceiving()
			s.finish(name, at.Kind, consumersDeleted)
		})
	}
}

// A NATS server returns with an empty store while events are published and handled.
func TestStoreLost(t *testing.T) {
	slow(t)
	t.Parallel()
	s := newScenario(t)
	srv := natsServer{freePort(t), t.TempDir()}
	p := srv.start(t)
	at := site{natsCluster, fmt.Sprint("nats://127.0.0.1:", srv.Port), "faults"}
	x := s.open(at)
	stopReceiving, stopPublishing := s.receive(x, noting(s.record)), s.publish(x, "event")
	for range storesLost {
		s.progress()
		p.kill()
		if err := os.RemoveAll(srv.Directory); err != nil {
			t.Fatal(err)
		}
		s.discard(time.Now())
		p = srv.start(t)
	}
	s.progress()
	stopPublishing()
	s.drained()
	stopReceiving()
	x.Close()
	s.finish("the broker returns without its store", at.Kind, storesLost)
}

// deleteConsumers deletes all consumers of a site.
func (s *scenario) deleteConsumers(at site) {
	s.t.Helper()
	conn, err := natsgo.Connect(at.Place)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	js, err := conn.JetStream()
	if err != nil {
		s.t.Fatal(err)
	}
	stream := strings.ToUpper(at.Prefix)
	const removing = 10051 // an old server complains of files, and has deleted it nevertheless
	for name := range js.ConsumerNames(stream) {
		var said *natsgo.APIError
		if err := js.DeleteConsumer(stream, name); err != nil && !(errors.As(err, &said) && said.ErrorCode == removing) {
			s.t.Fatal(err)
		}
	}
}

// discard has the ledger forget the events that were on their way before a moment, and
// that nobody has handled yet: they may have been discarded by then.
func (s *scenario) discard(before time.Time) {
	s.t.Helper()
	discarded := 0
	for _, e := range s.read().events {
		if len(e.handled) == 0 && e.sent.Before(before) {
			e.discarded = true
			discarded++
		}
	}
	s.t.Logf("%d events may have been discarded", discarded)
}
